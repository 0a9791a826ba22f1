/** A message from one process to all others. */
export interface PeerMessage {
  /** The id of the sending process. */
  from: string;
  /** Sessions that have changed. */
  changed: number[];
  /** Sessions, and how many streams of each are open in that process. */
  listening: [sessionId: number, count: number][];
}

/** Keeps payloads under PostgreSQL's limit of 7,999 bytes: an id has at most 16 digits. */
const ITEMS = 150;

/** Serialises a message into as many payloads as it takes. */
export function toPayloads(
  from: string,
  changed: Iterable<number>,
  listening: Iterable<[number, number]>,
): string[] {
  const sessions = [...changed];
  const counts = [...listening];
  const payloads: string[] = [];
  for (let start = 0; start < Math.max(sessions.length, counts.length); start += ITEMS) {
    const end = start + ITEMS;
    const message: PeerMessage = {
      from,
      changed: sessions.slice(start, end),
      listening: counts.slice(start, end),
    };
    payloads.push(JSON.stringify(message));
  }
  return payloads;
}

/** Parses a payload; undefined when it is not one of `toPayloads`. */
export function messageFrom(payload: string): PeerMessage | undefined {
  try {
    const message: unknown = JSON.parse(payload);
    return isMessage(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is PeerMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'from' in value &&
    typeof value.from === 'string' &&
    'changed' in value &&
    Array.isArray(value.changed) &&
    'listening' in value &&
    Array.isArray(value.listening)
  );
}
