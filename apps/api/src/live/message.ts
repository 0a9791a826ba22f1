/** What one process says to the others. */
export interface Message {
  /** Which process. */
  from: string;
  /** Sessions that have changed. */
  changed: number[];
  /** Sessions, and how many listen to them in that process. */
  listening: [sessionId: number, count: number][];
}

/** PostgreSQL takes payloads of 7,999 bytes; a number of ours has at most 16 digits. */
const ITEMS = 150;

/** What is to be said, in as many payloads as it takes. */
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
    const message: Message = {
      from,
      changed: sessions.slice(start, end),
      listening: counts.slice(start, end),
    };
    payloads.push(JSON.stringify(message));
  }
  return payloads;
}

/** What a payload says; undefined when it is none of ours. */
export function messageFrom(payload: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(payload);
    return isMessage(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is Message {
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
