import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, listen, notify } from '@classroom/db';
import type { ProcessPresence } from './room.ts';

export interface PeerChannelOptions {
  db: Database;
  /** The URL of the same database, past any pooler: LISTEN needs a session of its own. */
  url: string;
  onMessage: (message: PeerMessage) => void;
  /** Called after each connect and reconnect: messages in between are lost. */
  onListening: () => void;
  onError: (error: unknown) => void;
}

/** Publishes to all other processes. */
export interface PeerChannel {
  publishChange: (sessionId: number) => void;
  /** @param presence of the session in this process */
  publishPresence: (sessionId: number, presence: ProcessPresence) => void;
}

const NAME = 'classroom_live';
/** Messages are sent in batches, because NOTIFY serialises commits. */
const BATCH_MS = 20;

/**
 * Connects the processes by NOTIFY and LISTEN until `signal` aborts. Messages are hints and may be
 * lost: rooms also poll regularly.
 */
export function openPeerChannel(options: PeerChannelOptions, signal: AbortSignal): PeerChannel {
  const { db, url, onMessage, onListening, onError } = options;
  const from = randomUUID();
  const changed = new Set<number>();
  const presences = new Map<number, ProcessPresence>();
  let isSending = false;

  const send = async () => {
    while (changed.size + presences.size > 0) {
      await sleep(BATCH_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      const payloads = toPayloads(from, changed, presences);
      changed.clear();
      presences.clear();
      try {
        for (const payload of payloads) await notify(db, { channel: NAME, payload });
      } catch (error) {
        onError(error);
      }
    }
    isSending = false;
  };
  const scheduleSend = () => {
    if (isSending) return;
    isSending = true;
    void send();
  };

  const onNotification = (payload: string) => {
    const message = messageFrom(payload);
    if (message !== undefined && message.from !== from) onMessage(message);
  };
  void listen(
    { url, channel: NAME, onNotification, onConnected: onListening, onDisconnected: onError },
    signal,
  );

  return {
    publishChange(sessionId) {
      changed.add(sessionId);
      scheduleSend();
    },
    publishPresence(sessionId, presence) {
      presences.set(sessionId, presence);
      scheduleSend();
    },
  };
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

/** Fits into PostgreSQL's limit of 7,999 bytes: an id has at most 16 digits. */
const ITEMS = 120;

/** Serialises a message into payloads below PostgreSQL's limit. */
export function toPayloads(
  from: string,
  changed: Iterable<number>,
  presences: Iterable<[number, ProcessPresence]>,
): string[] {
  const sessions = [...changed];
  const counts = Array.from(
    presences,
    ([id, { listening, participants, streams }]): PeerMessage['listening'][number] => [
      id,
      listening,
      participants,
      streams,
    ],
  );
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
