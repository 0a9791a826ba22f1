import { Client } from 'pg';

/**
 * An advisory lock that each process that uses the server holds in shared mode, on a connection of its
 * own. A process stops the server only after it has acquired the lock in exclusive mode.
 */
export interface SharedLock {
  /** Resolves when the connection has ended. */
  ended: Promise<void>;
  /** Releases the lock; `last` when it was the last one, and the exclusive lock is acquired. */
  release: () => Promise<'last' | 'shared' | 'disconnected'>;
  /** Closes the connection, which also releases the exclusive lock. */
  close: () => Promise<void>;
}

const LOCK_ID = 7_030_301;
const TIMEOUT_MS = 5_000;

/** @returns undefined when the server is down, or another process is about to stop it */
export async function acquireSharedLock(url: string): Promise<SharedLock | undefined> {
  const client = new Client({
    connectionString: url,
    application_name: 'classroom embedded server lock',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve);
  });
  const call = async (lockFunction: string): Promise<boolean> => {
    const text = `select ${lockFunction}($1) as done`;
    const { rows } = await client.query<{ done: boolean }>(text, [LOCK_ID]);
    return rows[0]?.done === true;
  };
  const close = () => client.end().catch(() => {});
  const release = async () => {
    await call('pg_advisory_unlock_shared');
    return (await call('pg_try_advisory_lock')) ? 'last' : 'shared';
  };
  try {
    await client.connect();
    if (await call('pg_try_advisory_lock_shared')) {
      return { ended, close, release: () => release().catch(() => 'disconnected') };
    }
  } catch {
    // The server has ended, or has no connection left.
  }
  await close();
  return undefined;
}
