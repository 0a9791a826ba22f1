import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Client } from 'pg';
import type { Database } from './database.ts';
import { type Parameter, prepared } from './prepared.ts';

export interface ListenOptions {
  url: string;
  channel: string;
  onNotification: (payload: string) => void;
  /** The connection stands, for the first time or again: what was said meanwhile was not heard. */
  onListening: () => void;
  /** The connection was lost or cannot be made; it is tried again by itself. */
  onLost: (error: unknown) => void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 500;
/** A connection that is half-open says nothing; asking it something shows it. */
const PROBE_EVERY_MS = 2_000;
const PROBE_TIMEOUT_MS = 2_000;
const GOODBYE_TIMEOUT_MS = 500;

/**
 * Hears what is said on a channel, on one connection of its own, until `signal` says so. PostgreSQL
 * keeps nothing for who is away: whoever listens looks for themselves when they are back.
 */
export async function listen(options: ListenOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listenOnce(options, signal);
    } catch (error) {
      if (!signal.aborted) options.onLost(error);
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

async function listenOnce(options: ListenOptions, signal: AbortSignal): Promise<void> {
  const { url, channel, onNotification, onListening } = options;
  const client = new Client({
    connectionString: url,
    application_name: 'classroom listener',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: PROBE_TIMEOUT_MS,
  });
  const lost = Promise.withResolvers<never>();
  // Nobody may be waiting at the moment when it is lost.
  lost.promise.catch(() => {});
  client.on('error', lost.reject);
  client.on('end', () => lost.reject(new Error('The connection has ended')));
  client.on('notification', ({ payload = '' }) => onNotification(payload));
  const stop = () => lost.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let probe: NodeJS.Timeout | undefined;
  try {
    await Promise.race([client.connect(), lost.promise]);
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    onListening();
    // Not a race at each turn: what a promise is raced against keeps every one of them until it settles.
    probe = setInterval(() => void client.query('select').catch(lost.reject), PROBE_EVERY_MS);
    await lost.promise;
  } finally {
    clearInterval(probe);
    signal.removeEventListener('abort', stop);
    // Over a half-open connection the goodbye is never answered.
    await Promise.race([client.end().catch(() => {}), sleep(GOODBYE_TIMEOUT_MS)]);
  }
}

interface Notification {
  channel: string;
  /** At most 7,999 bytes. */
  payload: string;
}

const statement = prepared((db, parameter: Parameter<Notification>) =>
  db.selectNoFrom(
    sql`pg_notify(${parameter('channel', 'text')}, ${parameter('payload', 'text')})`.as('sent'),
  ),
);

/** Says something to whoever listens on a channel. */
export async function notify(db: Database, notification: Notification): Promise<void> {
  await db.executeQuery(statement(notification));
}
