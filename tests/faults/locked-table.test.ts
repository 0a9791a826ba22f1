import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, countBy, createSession } from '../src/client.ts';
import { expectIdle, expectToServe } from '../src/expect-idle.ts';
import { holdLock } from '../src/hold-lock.ts';
import { forEach, times } from '../src/load.ts';
import { outcomeOf, type RawRequest } from '../src/raw-http.ts';
import { startApi } from '@classroom/api/start';

const CLIENTS = 60;

test('calls to a table that a migration locks fail with UNAVAILABLE, never with INTERNAL', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  const { code, tokens, questionId } = await prepareClass(env);
  // A new process has prepared none of the statements: it parses each under the lock.
  await using api = await startApi(env);
  const requests = (token: string) => [
    {
      method: 'GET',
      path: `/trpc/questions.list?input=${encodeURIComponent(JSON.stringify({ code }))}`,
      token,
    },
    { method: 'POST', path: '/trpc/questions.submit', token, body: { code, body: 'Why?' } },
    { method: 'POST', path: '/trpc/questions.vote', token, body: { questionId, on: true } },
  ];
  const callAll = async (call: typeof outcomeOf) => {
    const outcomes: string[] = [];
    await forEach(tokens, CLIENTS, async (token) => {
      for (const request of requests(token)) outcomes.push(await call(api.url, request));
    });
    return countBy(outcomes);
  };

  const release = await holdLock(database, 'lock table questions');
  // Each statement waits for the statement timeout of 2 s.
  const underLock = await callAll(outcomeOf);
  await release();
  console.log('under the lock:', underLock);
  expect(underLock).toEqual({ '503 UNAVAILABLE': 3 * CLIENTS });

  expect(await callAll(outcomeOnceServed)).toEqual({ 200: 3 * CLIENTS });
  await expectIdle(api);
  await expectToServe(api);
});

/** Repeats a request while a busy server refuses it. */
async function outcomeOnceServed(url: string, request: RawRequest): Promise<string> {
  const outcome = await outcomeOf(url, request);
  return outcome === '503 UNAVAILABLE' ? await outcomeOnceServed(url, request) : outcome;
}

/** Creates participants of one session, and a question, through another process. */
async function prepareClass(env: Record<string, string>) {
  await using api = await startApi(env);
  const { code, hostToken } = await createSession(api);
  const tokens: string[] = [];
  await forEach(times(CLIENTS), 20, async (n) => {
    const input = { code, displayName: `Student ${n}` };
    tokens.push((await clientOf(api).sessions.join.mutate(input)).participantToken);
  });
  const { id: questionId } = await clientOf(api, hostToken).questions.submit.mutate({
    code,
    body: 'What is a group?',
  });
  return { code, questionId, tokens };
}
