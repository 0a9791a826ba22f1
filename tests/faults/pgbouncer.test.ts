import { reasonOf } from '@classroom/client';
import {
  administer,
  countConnections,
  createTestDatabase,
  type TestDatabase,
} from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { hear } from '../src/hear.ts';
import { startApi } from '../src/start-api.ts';
import {
  hasPgbouncer,
  knowsNamedStatements,
  SERVER_CONNECTIONS,
  startPgbouncer,
} from '../src/start-pgbouncer.ts';

const STUDENTS = 20;
const CALLS = 200;

/** What pgbouncer cannot pass on with the connection, the database sets. */
async function createPooledDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await administer(database.url, `alter database ${name} set statement_timeout = '2s'`);
  return database;
}

describe.skipIf(!hasPgbouncer)('through pgbouncer (skipped where it is not installed)', () => {
  test('in session mode everything is served', async () => {
    await using database = await createPooledDatabase();
    await using pgbouncer = await startPgbouncer(database.url, 'session');
    await using api = await startApi({ DATABASE_URL: pgbouncer.url, DATABASE_POOL_MAX: '8' });
    const { sessions } = clientOf(api);
    const create = () =>
      sessions.create
        .mutate({ title: 'T', hostDisplayName: crypto.randomUUID() })
        .then(() => 'created', reasonOf);
    const outcomes = await Promise.all(Array.from({ length: CALLS }, create));
    expect(new Set(outcomes)).toEqual(new Set(['created']));
  });

  test.skipIf(!knowsNamedStatements)(
    'in transaction mode two processes share few connections, and everybody hears everything (skipped below 1.21, which knows no named statements)',
    async () => {
      await using database = await createPooledDatabase();
      await using pgbouncer = await startPgbouncer(database.url, 'transaction');
      const env = { DATABASE_URL: pgbouncer.url, DATABASE_DIRECT_URL: database.url };
      await using one = await startApi(env);
      await using other = await startApi(env);
      const { code, hostToken } = await clientOf(one).sessions.create.mutate({
        title: 'Algebra I',
        hostDisplayName: `Ada ${crypto.randomUUID()}`,
      });
      using ear = await hear(clientOf(other, hostToken), code);
      await expect.poll(() => ear.changes()).toHaveLength(1);

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
      await expect.poll(() => ear.changes().at(-1)?.data).toMatchObject(votes);
      const heardMs = Math.round(performance.now() - started);
      // What takes a transaction.
      await student.questions.withdraw.mutate({ questionId });
      const creations = Array.from({ length: CALLS }, () =>
        clientOf(other).sessions.create.mutate({
          title: 'T',
          hostDisplayName: crypto.randomUUID(),
        }),
      );
      expect(await Promise.all(creations)).toHaveLength(CALLS);
      const connections = await countConnections(database.db);
      await clientOf(other, hostToken).sessions.delete.mutate({ code });
      await expect.poll(() => ear.ended(), { timeout: 10_000 }).toBe('UNAUTHENTICATED');

      console.log(
        `two pools of 10 over ${connections} connections; ${STUDENTS} votes heard in the other process within ${heardMs} ms`,
      );
      expect(connections).toBeLessThanOrEqual(SERVER_CONNECTIONS.transaction);
      // Without LISTEN it would come with the look every four seconds.
      expect(heardMs).toBeLessThan(3_000);
    },
  );
});
