import { Client } from 'pg';

/**
 * A share in the server. Every process that uses it holds the same advisory lock as a shared one; the
 * last to leave gets it as an exclusive one.
 */
export interface Lease {
  /** Resolves when its connection ends, for whatever reason. */
  ended: Promise<void>;
  /** Gives it back; of any number of processes that do so at once, one is told `last`. */
  release: () => Promise<'last' | 'shared' | 'no answer'>;
  /** Closes the connection, and with it the exclusive lock. */
  close: () => Promise<void>;
}

const LEASE = 7_030_301;
const TIMEOUT_MS = 5_000;

/** @returns undefined when there is no server, or its last user is about to stop it */
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
  const ask = async (lockFunction: string): Promise<boolean> => {
    const { rows } = await client.query<{ done: boolean }>(`select ${lockFunction}($1) as done`, [
      LEASE,
    ]);
    return rows[0]?.done === true;
  };
  const close = () => client.end().catch(() => {});
  try {
    await client.connect();
    if (await ask('pg_try_advisory_lock_shared')) {
      return {
        ended,
        close,
        async release() {
          try {
            await ask('pg_advisory_unlock_shared');
            return (await ask('pg_try_advisory_lock')) ? 'last' : 'shared';
          } catch {
            return 'no answer';
          }
        },
      };
    }
  } catch {
    // The server has ended, or has no connection left.
  }
  await close();
  return undefined;
}
