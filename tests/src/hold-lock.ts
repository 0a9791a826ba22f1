import { administer, type TestDatabase, waitEvents } from '@classroom/db/testing';
import { expect } from 'vitest';

const NAME = 'classroom migration';

/**
 * Holds the locks of a statement in an open transaction.
 *
 * @param statement such as `lock table sessions`, as a migration does
 * @returns a function that releases them
 */
export async function holdLock(
  { url, db }: TestDatabase,
  statement: string,
): Promise<() => Promise<void>> {
  // Sleeps, because the server ends idle transactions.
  const held = administer(
    url,
    `set application_name = '${NAME}'; begin; ${statement}; select pg_sleep(600)`,
  ).catch(() => {});
  // Only `pg_sleep` waits for a timeout.
  await expect.poll(() => waitEvents(db)).toContain('Timeout');
  return async () => {
    await administer(
      url,
      `select pg_cancel_backend(pid) from pg_stat_activity
       where application_name = '${NAME}' and datname = current_database()`,
    );
    await held;
  };
}

/** Terminates the connections of the API to a database. */
export const terminateBackends = (url: string, applicationName = 'classroom') =>
  administer(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = '${applicationName}'`,
  );
