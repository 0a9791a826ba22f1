import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessPresence } from './room.ts';

/** Exchanges messages with all other processes. They are hints and may be lost: rooms also poll regularly. */
export interface PeerChannel {
  /** Receives the messages about a session from now on. */
  subscribe: (sessionId: number) => void;
  unsubscribe: (sessionId: number) => void;
  publishChange: (sessionId: number) => void;
  /** @param presence of the session in this process */
  publishPresence: (sessionId: number, presence: ProcessPresence) => void;
  /** Resolves when all that was published has been sent or lost. */
  drain: () => Promise<void>;
}

export interface PeerChannelOptions {
  onMessage: (message: PeerMessage) => void;
  /** Called after each connect and reconnect: messages in between are lost. */
  onListening: () => void;
  onError: (error: unknown) => void;
}

/** A message from one process to all others. */
export interface PeerMessage {
  /** The id of the sending process. */
  from: string;
  /** Sessions that have changed. */
  changed: number[];
  /** Sessions with their presence in the sending process; older processes send less of it. */
  listening: [sessionId: number, listening: number, participants?: number, streams?: number][];
}

/** Messages are sent in batches, because NOTIFY serialises commits and a busy session changes often. */
const BATCH_MS = 20;

/** Changes and presences to publish. */
export type Batch = Omit<PeerMessage, 'from'>;

/**
 * Collects changes and presences, and sends them in batches; after `signal` aborts, without a delay.
 *
 * @param send is called with one batch at a time
 */
export function createBatcher(
  send: (batch: Batch) => Promise<void>,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Pick<PeerChannel, 'publishChange' | 'publishPresence' | 'drain'> {
  const changed = new Set<number>();
  const presences = new Map<number, ProcessPresence>();
  let isSending = false;
  let sending = Promise.resolve();

  const sendAll = async () => {
    while (changed.size + presences.size > 0) {
      await sleep(BATCH_MS, undefined, { signal }).catch(() => {});
      const batch = toBatch(changed, presences);
      changed.clear();
      presences.clear();
      await send(batch).catch(onError);
    }
    isSending = false;
  };
  const scheduleSend = () => {
    if (isSending) return;
    isSending = true;
    sending = sendAll();
  };
  return {
    publishChange(sessionId) {
      changed.add(sessionId);
      scheduleSend();
    },
    publishPresence(sessionId, presence) {
      presences.set(sessionId, presence);
      scheduleSend();
    },
    drain: () => sending,
  };
}

function toBatch(
  changed: Iterable<number>,
  presences: ReadonlyMap<number, ProcessPresence>,
): Batch {
  return {
    changed: [...changed],
    listening: Array.from(presences, ([id, { listening, participants, streams }]) => [
      id,
      listening,
      participants,
      streams,
    ]),
  };
}

export interface MessageCodec {
  encode: (batch: Batch) => string;
  /** @returns undefined when the payload is malformed, or a message of this process */
  decode: (payload: string) => PeerMessage | undefined;
}

/** Creates a codec for the messages of one process, under a random id. */
export function createMessageCodec(): MessageCodec {
  const from = randomUUID();
  return {
    encode: (batch) => JSON.stringify({ from, ...batch } satisfies PeerMessage),
    decode(payload) {
      const message = messageFrom(payload);
      return message?.from === from ? undefined : message;
    },
  };
}

/** Parses a payload. @returns undefined when it is malformed */
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
