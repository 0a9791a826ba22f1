import { randomUUID } from 'node:crypto';
import { type Client, createClient, reasonOf } from '@classroom/client';
import { createTestDatabase, type TestDatabase } from '@classroom/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApi, startApi } from '../src/start-api.ts';

let database: TestDatabase;
let api: RunningApi;
let anyone: Client;
const as = (token: string) => createClient({ url: `${api.url}/trpc`, token });

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ DATABASE_URL: database.url });
  anyone = createClient({ url: `${api.url}/trpc` });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const create = () =>
  anyone.sessions.create.mutate({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });
const join = (code: string, displayName: string) =>
  anyone.sessions.join.mutate({ code, displayName });
const reason = (call: Promise<unknown>) => call.then(() => 'none', reasonOf);

test('a student comes in by code and name, however the code is typed', async () => {
  const { hostToken: _, ...session } = await create();
  const joined = await join(` ${session.code.toLowerCase()} `, '  Ben ');
  expect(joined).toEqual({
    session,
    participant: {
      id: expect.any(Number),
      displayName: 'Ben',
      role: 'participant',
      joinedAt: expect.stringMatching(/Z$/),
    },
    participantToken: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('a name is in a session once, and in as many sessions as there are', async () => {
  const [one, other] = [await create(), await create()];
  await join(one.code, 'Ben');
  expect(await reason(join(one.code, 'Ben'))).toBe('NAME_TAKEN');
  expect(await reason(join(one.code, one.host.displayName))).toBe('NAME_TAKEN');
  expect(await reason(join(other.code, 'Ben'))).toBe('none');
});

test('with the token it is the same participant again, on any device', async () => {
  const { code, hostToken, host } = await create();
  const first = await join(code, 'Ben');
  const input = { code, displayName: 'Ben' };
  expect(await as(first.participantToken).sessions.join.mutate(input)).toEqual(first);
  expect(await reason(as(hostToken).sessions.join.mutate(input))).toBe('NAME_TAKEN');
  const asHost = { code, displayName: host.displayName };
  expect(await as(hostToken).sessions.join.mutate(asHost)).toMatchObject({
    participant: { role: 'host' },
    participantToken: hostToken,
  });
});

test('a retry over a flaky connection never makes two participants', async () => {
  const { code } = await create();
  const input = { code, displayName: 'Ben', idempotencyKey: randomUUID() };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => anyone.sessions.join.mutate(input)),
  );
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  const other = { ...input, displayName: 'Cleo' };
  expect(await reason(anyone.sessions.join.mutate(other))).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('drafts and active sessions can be joined; ended ones are unknown, but to who was in', async () => {
  const { code, hostToken } = await create();
  const { participantToken } = await join(code, 'Ben');
  await as(hostToken).sessions.start.mutate({ code });
  expect(await reason(join(code, 'Cleo'))).toBe('none');
  await as(hostToken).sessions.end.mutate({ code });

  expect(await reason(join(code, 'Dan'))).toBe('SESSION_NOT_FOUND');
  expect(await reason(join('AAAAAA', 'Dan'))).toBe('SESSION_NOT_FOUND');
  const again = as(participantToken).sessions;
  expect(await reason(again.join.mutate({ code, displayName: 'Ben' }))).toBe('SESSION_ENDED');
  expect(await again.get.query({ code })).toMatchObject({ status: 'ended' });
});

test('a participant has not the rights of the host', async () => {
  const { code } = await create();
  const { participantToken } = await join(code, 'Ben');
  const { start, prolong, end } = as(participantToken).sessions;
  for (const procedure of [start, prolong, end]) {
    expect(await reason(procedure.mutate({ code }))).toBe('FORBIDDEN');
  }
});
