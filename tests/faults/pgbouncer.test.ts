import { createClient, reasonOf } from '@classroom/client';
import { administer, createTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';
import { hasPgbouncer, knowsNamedStatements, startPgbouncer } from '../src/start-pgbouncer.ts';

const CALLS = 200;

async function serveThrough(mode: 'session' | 'transaction') {
  await using database = await createTestDatabase();
  // Through pgbouncer they do not come with the connection.
  const name = new URL(database.url).pathname.slice(1);
  await administer(database.url, `alter database ${name} set statement_timeout = '2s'`);
  await using pgbouncer = await startPgbouncer(database.url, mode);
  await using api = await startApi({ DATABASE_URL: pgbouncer.url, DATABASE_POOL_MAX: '8' });
  const client = createClient({ url: `${api.url}/trpc` });
  const outcomes = await Promise.all(
    Array.from({ length: CALLS }, () =>
      client.sessions.create
        .mutate({ title: 'T', hostDisplayName: crypto.randomUUID() })
        .then(() => 'created', reasonOf),
    ),
  );
  return Object.entries(Object.groupBy(outcomes, (outcome) => outcome ?? 'unknown')).map(
    ([outcome, { length = 0 } = []]) => [outcome, length],
  );
}

describe.skipIf(!hasPgbouncer)('through pgbouncer (skipped where it is not installed)', () => {
  test('in session mode everything is served', async () => {
    expect(await serveThrough('session')).toEqual([['created', CALLS]]);
  });

  test.skipIf(!knowsNamedStatements)(
    'in transaction mode everything is served (skipped below 1.21, which knows no named statements)',
    async () => {
      expect(await serveThrough('transaction')).toEqual([['created', CALLS]]);
    },
  );
});
