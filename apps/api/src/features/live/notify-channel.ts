import { type Database, listen, notify } from '@classroom/db';
import {
  type Batch,
  type PeerChannel,
  type PeerChannelOptions,
  createBatcher,
  createMessageCodec,
} from './peer-channel.ts';

export interface NotifyChannelOptions extends PeerChannelOptions {
  db: Database;
  /** The URL of the same database, past any pooler: LISTEN needs a session of its own. */
  url: string;
}

const NAME = 'classroom_live';

/** Connects the processes by NOTIFY and LISTEN until `signal` aborts. Each process receives all messages. */
export function openNotifyChannel(options: NotifyChannelOptions, signal: AbortSignal): PeerChannel {
  const { db, url, onMessage, onListening, onError } = options;
  const { encode, decode } = createMessageCodec();
  const send = async (batch: Batch) => {
    for (const part of split(batch)) {
      await notify(db, { channel: NAME, payload: encode(part) });
    }
  };
  const onNotification = (payload: string) => {
    const message = decode(payload);
    if (message !== undefined) onMessage(message);
  };
  void listen(
    {
      url,
      channel: NAME,
      onNotification,
      onConnected: onListening,
      onDisconnected: onError,
    },
    signal,
  );
  return { ...createBatcher(send, onError, signal), subscribe() {}, unsubscribe() {} };
}

/** Fits into PostgreSQL's limit of 7,999 bytes: an id has at most 16 digits. */
const ITEMS = 120;

/** Splits a batch into parts whose payloads PostgreSQL accepts. */
export function split({ changed, listening }: Batch): Batch[] {
  const parts: Batch[] = [];
  for (let start = 0; start < Math.max(changed.length, listening.length); start += ITEMS) {
    const end = start + ITEMS;
    parts.push({ changed: changed.slice(start, end), listening: listening.slice(start, end) });
  }
  return parts;
}
