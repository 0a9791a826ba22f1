import {
  administer,
  countConnections,
  createTestDatabase,
  type TestDatabase,
} from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { expectDuration } from '../src/campaign.ts';
import { clientOf, countReasons, createSession } from '../src/client.ts';
import { subscribe } from '../src/subscribe.ts';
import { startApi } from '@classroom/api/start';
import {
  hasPgbouncer,
  SERVER_CONNECTIONS,
  startPgbouncer,
  supportsPreparedStatements,
} from '../src/pgbouncer.ts';

const STUDENTS = 20;
/** Load shedding refuses more than 160 statements at once. */
const CALLS = 100;

/** pgbouncer drops the timeouts of the connection string, so the database sets them. */
async function createPooledDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await administer(database.url, `alter database ${name} set statement_timeout = '2s'`);
  return database;
}

describe.skipIf(!hasPgbouncer)('through pgbouncer (skipped where it is not installed)', () => {
  test('in session mode every call is served', async () => {
    await using database = await createPooledDatabase();
    await using pgbouncer = await startPgbouncer(database.url, 'session');
    await using api = await startApi({ DATABASE_URL: pgbouncer.url, DATABASE_POOL_MAX: '8' });
    const calls = Array.from({ length: CALLS }, () => createSession(api));
    expect(await countReasons(calls)).toEqual({ none: CALLS });
  });

  test.skipIf(!supportsPreparedStatements)(
    'in transaction mode two processes share few connections, and events reach both (skipped below 1.21, which has no prepared statements)',
    async () => {
      await using database = await createPooledDatabase();
      await using pgbouncer = await startPgbouncer(database.url, 'transaction');
      const env = { DATABASE_URL: pgbouncer.url, DATABASE_DIRECT_URL: database.url };
      await using one = await startApi(env);
      await using other = await startApi(env);
      const { code, hostToken } = await createSession(one);
      using subscription = await subscribe(clientOf(other, hostToken), code);
      await expect.poll(() => subscription.changes()).toHaveLength(1);

      const tokens = await Promise.all(
        Array.from({ length: STUDENTS }, async (_, n) => {
          const input = { code, displayName: `Student ${n}` };
          return (await clientOf(one).sessions.join.mutate(input)).participantToken;
        }),
      );
      const student = clientOf(one, tokens[0]);
      const { id: questionId } = await student.questions.submit.mutate({ code, body: 'Why?' });
      const started = performance.now();
      await Promise.all(
        tokens.map((token) => clientOf(one, token).questions.vote.mutate({ questionId, on: true })),
      );
      const votes = { question: { id: questionId, votes: STUDENTS } };
      await expect.poll(() => subscription.changes().at(-1)?.data).toMatchObject(votes);
      const deliveredMs = performance.now() - started;
      // Withdrawing takes a transaction.
      await student.questions.withdraw.mutate({ questionId });
      const creations = Array.from({ length: CALLS }, () => createSession(other));
      expect(await Promise.all(creations)).toHaveLength(CALLS);
      const connections = await countConnections(database.db);
      await clientOf(other, hostToken).sessions.delete.mutate({ code });
      await expect.poll(() => subscription.ended(), { timeout: 60_000 }).toBe('UNAUTHENTICATED');

      console.log(`two pools of 10 over ${connections} connections`);
      expect(connections).toBeLessThanOrEqual(SERVER_CONNECTIONS.transaction);
      // Without LISTEN, the poll every four seconds would deliver them.
      expectDuration(`${STUDENTS} votes delivered to the other process`, deliveredMs, 3_000);
    },
  );
});
