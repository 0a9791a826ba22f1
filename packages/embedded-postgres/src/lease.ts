import { Client } from 'pg';

/**
 * A share in the server: one connection that holds an advisory lock in shared mode. A process stops the
 * server only after it has taken the lock in exclusive mode, which it can when no other lease is left.
 */
export interface Lease {
  /** Resolves when the connection has ended. */
  ended: Promise<void>;
  /** Gives up the share; only one of several concurrent callers gets `last`. */
  release: () => Promise<'last' | 'shared' | 'disconnected'>;
  /** Closes the connection, which also releases the exclusive lock. */
  close: () => Promise<void>;
}

const LOCK_ID = 7_030_301;
const TIMEOUT_MS = 5_000;

/** @returns undefined when the server is down, or the last process that used it is about to stop it */
export async function takeLease(url: string): Promise<Lease | undefined> {
  const client = new Client({
    connectionString: url,
    application_name: 'classroom-lease',
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
