import { administer, type TestDatabase, waitEvents } from '@classroom/db/testing';
import { expect } from 'vitest';

const NAME = 'classroom migration';

/**
 * Locks a table as a migration does, for as long as it takes: every statement that wants it waits.
 *
 * @returns releases it
 */
export async function lockTable(
  { url, db }: TestDatabase,
  table: 'questions' | 'sessions',
): Promise<() => Promise<void>> {
  // Asleep and not idle: idle transactions are ended.
  const held = administer(
    url,
    `set application_name = '${NAME}'; begin; lock table ${table}; select pg_sleep(600)`,
  ).catch(() => {});
  // Nothing but `pg_sleep` waits for a timeout.
  await expect.poll(() => waitEvents(db), { timeout: 10_000 }).toContain('Timeout');
  return async () => {
    await administer(
      url,
      `select pg_cancel_backend(pid) from pg_stat_activity
       where application_name = '${NAME}' and datname = current_database()`,
    );
    await held;
  };
}
