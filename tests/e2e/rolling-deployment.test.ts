import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunningApi, spawnApi, startApi } from '@classroom/api/start';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, createSession } from '../src/client.ts';
import { subscribe } from '../src/subscribe.ts';

const NEXT_RELEASE = pathToFileURL(path.join(import.meta.dirname, '../src/next-release.ts')).href;
const NEWER_LINE = 'The database has newer migrations, which allow this release: 9001-topics\n';

test('processes of two releases serve one lesson beside a newer expand migration, and the older one restarts', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using older = await startApi(env);
  const { code, hostToken } = await createSession(older);
  await clientOf(older, hostToken).sessions.start.mutate({ code });
  const ask = (student: string, at: RunningApi, other: RunningApi) =>
    joinAndAsk({ code, hostToken, student, at, other });
  // Also prepares statements, which the migration must not break.
  await ask('Ben', older, older);
  expect(older.output()).not.toContain('newer migrations');

  await using newer = await startApi({ ...env, NODE_OPTIONS: `--import=${NEXT_RELEASE}` });
  const topics = database.db.withTables<{ topics: { name: string } }>();
  expect(await topics.selectFrom('topics').select('name').execute()).toEqual([]);
  await ask('Cleo', older, newer);
  await older[Symbol.asyncDispose]();

  await using restarted = await startApi(env);
  expect(restarted.output()).toContain(NEWER_LINE);
  await ask('Dan', restarted, newer);
  await ask('Eve', newer, restarted);
  const { items } = await clientOf(restarted, hostToken).questions.list.query({ code });
  expect(items.map(({ body, votes }) => ({ body, votes }))).toEqual(
    ['Ben', 'Cleo', 'Dan', 'Eve'].map((student) => ({ body: `Why, ${student}?`, votes: 1 })),
  );
});

/** A student joins and asks through one process; the host follows and votes through the other. */
async function joinAndAsk({
  code,
  hostToken,
  student,
  at,
  other,
}: {
  code: string;
  hostToken: string;
  student: string;
  at: RunningApi;
  other: RunningApi;
}): Promise<void> {
  const joined = await clientOf(at).sessions.join.mutate({ code, displayName: student });
  const asStudent = clientOf(at, joined.participantToken);
  const asHost = clientOf(other, hostToken);
  using followsAt = await subscribe(asStudent, code);
  using followsOther = await subscribe(asHost, code);
  const body = `Why, ${student}?`;
  const { id: questionId } = await asStudent.questions.submit.mutate({ code, body });
  await asHost.questions.vote.mutate({ questionId, on: true });
  for (const { received } of [followsAt, followsOther]) {
    const hasVote = () =>
      received.some(
        ({ data }) =>
          data.type === 'question' && data.question.id === questionId && data.question.votes === 1,
      );
    await expect.poll(hasVote).toBe(true);
  }
}

test('a process refuses to start beside a newer contract migration, in one line that names it', async () => {
  await using database = await createTestDatabase();
  const name = '9001-no-titles';
  await database.db
    .withTables<{ kysely_migration: { name: string; timestamp: string } }>()
    .insertInto('kysely_migration')
    .values({ name, timestamp: new Date().toISOString() })
    .execute();
  await database.db
    .insertInto('migration_compatibility')
    .values({ name, compatibility: 'contract' })
    .execute();
  await using api = spawnApi({ DATABASE_URL: database.url });
  expect(await api.exit).toBe(1);
  expect(api.output()).toBe(
    'The database has newer migrations that do not allow this release: 9001-no-titles; start a newer release\n',
  );
});
