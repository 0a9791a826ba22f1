import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, listen, notify } from '@classroom/db';
import { messageFrom, type Message, toPayloads } from './message.ts';

export interface ChannelOptions {
  db: Database;
  /** Of the same database, past any pooler: in transaction mode one cannot listen. */
  url: string;
  onMessage: (message: Message) => void;
  /** What was said before has not been heard. */
  onListening: () => void;
  onError: (error: unknown) => void;
}

/** What one process says to all others. */
export interface Channel {
  /** The session has changed. */
  sayChanged: (sessionId: number) => void;
  /** So many listen to it in this process. */
  sayListening: (sessionId: number, count: number) => void;
}

const NAME = 'classroom_live';
/** What is said within this time goes out in one statement: NOTIFY lets one commit at a time. */
const GATHER_MS = 20;

/**
 * Connects the processes by NOTIFY and LISTEN, until `signal` says so. Nothing depends on a message
 * to arrive: it only tells where to look sooner.
 */
export function openChannel(options: ChannelOptions, signal: AbortSignal): Channel {
  const { db, url, onMessage, onListening, onError } = options;
  const from = randomUUID();
  const changed = new Set<number>();
  const listening = new Map<number, number>();
  let isSending = false;

  const send = async () => {
    while (changed.size + listening.size > 0) {
      await sleep(GATHER_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      const payloads = toPayloads(from, changed, listening);
      changed.clear();
      listening.clear();
      try {
        for (const payload of payloads) await notify(db, { channel: NAME, payload });
      } catch (error) {
        onError(error);
      }
    }
    isSending = false;
  };
  const sendSoon = () => {
    if (isSending) return;
    isSending = true;
    void send();
  };

  const onNotification = (payload: string) => {
    const message = messageFrom(payload);
    if (message !== undefined && message.from !== from) onMessage(message);
  };
  void listen({ url, channel: NAME, onNotification, onListening, onLost: onError }, signal);

  return {
    sayChanged(sessionId) {
      changed.add(sessionId);
      sendSoon();
    },
    sayListening(sessionId, count) {
      listening.set(sessionId, count);
      sendSoon();
    },
  };
}
