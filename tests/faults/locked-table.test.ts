import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { call } from '../src/call.ts';
import { clientOf } from '../src/client-of.ts';
import { expectIdle, expectToServe } from '../src/expect-idle.ts';
import { lockTable } from '../src/lock-table.ts';
import { startApi } from '../src/start-api.ts';

const CLIENTS = 60;
/** The statement timeout is 2 s. */
const LOCKED_FOR_MS = 5_000;

test('calls to a table that a migration locks fail with UNAVAILABLE, never with INTERNAL', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  const { code, tokens, questionId } = await prepareClass(env);
  // One that has run none of the statements yet: each is parsed under the lock, too.
  await using api = await startApi(env);
  const release = await lockTable(database, 'questions');
  const started = performance.now();
  const answers: Record<string, number> = {};
  const callAll = async (token: string) => {
    for (const request of callsOf(token)) {
      const answer = await call(api.url, request);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  const callsOf = (token: string) => [
    {
      method: 'GET',
      path: `/trpc/questions.list?input=${encodeURIComponent(JSON.stringify({ code }))}`,
      token,
    },
    { method: 'POST', path: '/trpc/questions.submit', token, body: { code, body: 'Why?' } },
    { method: 'POST', path: '/trpc/questions.vote', token, body: { questionId, on: true } },
  ];
  await Promise.all(
    tokens.map(async (token) => {
      do await callAll(token);
      while (performance.now() - started < LOCKED_FOR_MS);
    }),
  );
  await release();
  console.log(`locked for ${Math.round(performance.now() - started)} ms:`, answers);
  expect.soft(answers).toEqual({ '503 UNAVAILABLE': expect.any(Number) });

  for (const answer of Object.keys(answers)) delete answers[answer];
  await Promise.all(tokens.map(callAll));
  expect(answers).toEqual({ 200: 3 * CLIENTS });
  await expectIdle(api);
  await expectToServe(api);
});

/** Participants of one session and a question, made through another process. */
async function prepareClass(env: Record<string, string>) {
  await using api = await startApi(env);
  const { code, hostToken } = await clientOf(api).sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });
  const joined = await Promise.all(
    Array.from({ length: CLIENTS }, (_, n) =>
      clientOf(api).sessions.join.mutate({ code, displayName: `Student ${n}` }),
    ),
  );
  const { id: questionId } = await clientOf(api, hostToken).questions.submit.mutate({
    code,
    body: 'What is a group?',
  });
  return { code, questionId, tokens: joined.map(({ participantToken }) => participantToken) };
}
