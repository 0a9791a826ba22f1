import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { createHosts, type Hosts } from './hosts.ts';

export interface ListenOptions {
  url: string;
  channel: string;
  onNotification: (payload: string) => void;
  /** Called after each connect and reconnect: notifications in between are lost. */
  onConnected: () => void;
  /** Called when the connection is lost or cannot be made; `listen` reconnects. */
  onDisconnected: (error: unknown) => void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_AFTER_MS = 500;
/** Detects a half-open connection, on which a query times out. */
const PROBE_EVERY_MS = 2_000;
const PROBE_TIMEOUT_MS = 2_000;
const CLOSE_TIMEOUT_MS = 500;

/**
 * Listens on a channel over a dedicated connection, and reconnects until `signal` aborts. PostgreSQL
 * does not queue notifications for absent listeners: read the missed changes in `onConnected`.
 */
export async function listen(options: ListenOptions, signal: AbortSignal): Promise<void> {
  const { Client } = createHosts(options.url, CONNECT_TIMEOUT_MS);
  while (!signal.aborted) {
    try {
      await listenOnce(Client, options, signal);
    } catch (error) {
      if (!signal.aborted) options.onDisconnected(error);
    }
    await sleep(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => {});
  }
}

async function listenOnce(
  Client: Hosts['Client'],
  { channel, onNotification, onConnected }: ListenOptions,
  signal: AbortSignal,
): Promise<void> {
  const client = new Client({
    application_name: 'classroom listener',
    keepAlive: true,
    query_timeout: PROBE_TIMEOUT_MS,
  });
  const disconnected = Promise.withResolvers<never>();
  // It may reject while nothing awaits it.
  disconnected.promise.catch(() => {});
  client.on('error', disconnected.reject);
  client.on('end', () => disconnected.reject(new Error('The connection has ended')));
  client.on('notification', ({ payload = '' }) => onNotification(payload));
  const abort = () => disconnected.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  let probe: NodeJS.Timeout | undefined;
  try {
    await Promise.race([client.connect(), disconnected.promise]);
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    onConnected();
    // An interval, not a Promise.race per probe: a pending promise keeps every reaction added to it.
    const query = () => void client.query('select').catch(disconnected.reject);
    probe = setInterval(query, PROBE_EVERY_MS);
    await disconnected.promise;
  } finally {
    clearInterval(probe);
    signal.removeEventListener('abort', abort);
    // On a half-open connection, `end` never resolves.
    await Promise.race([client.end().catch(() => {}), sleep(CLOSE_TIMEOUT_MS)]);
  }
}

/** Sends a notification to every listener on a channel. The payload has at most 7,999 bytes. */
export async function notify(
  db: Database,
  { channel, payload }: { channel: string; payload: string },
): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(db);
}
