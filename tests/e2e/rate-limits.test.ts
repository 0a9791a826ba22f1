import type { Client } from '@classroom/client';
import { useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, countReasons, createSession, reasonFor, sessionInput } from '../src/client.ts';
import { times } from '../src/load.ts';
import { startApi } from '@classroom/api/start';
import { sendCodes, WRONG_CODE } from '../src/wrong-codes.ts';

const database = await useTestDatabase();

/** Starts an API whose rate limits no other test has touched. */
const startLimited = (env: Record<string, string> = {}) =>
  startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on', LOG_LEVEL: 'warn', ...env });

const create = (client: Client, count: number) =>
  countReasons(times(count).map(() => client.sessions.create.mutate(sessionInput())));

test('an address creates at most 300 sessions in an hour; failed calls do not count', async () => {
  await using api = await startLimited();
  const anyone = clientOf(api);
  const invalid = anyone.sessions.create.mutate({ title: '', hostDisplayName: 'Ada' });
  expect(await reasonFor(invalid)).toBe('INVALID_INPUT');
  for (let n = 0; n < 10; n += 1) expect(await create(anyone, 30)).toEqual({ none: 30 });
  const failure: unknown = await createSession(api).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    data: { reason: 'RATE_LIMITED', httpStatus: 429, retryAfterSeconds: expect.any(Number) },
  });
  const get = anyone.sessions.get.query({ code: WRONG_CODE });
  expect(await reasonFor(get)).toBe('SESSION_NOT_FOUND');
});

test('RATE_LIMITS=off lifts the limits on created sessions and wrong codes', async () => {
  await using api = await startLimited({ RATE_LIMITS: 'off' });
  const anyone = clientOf(api);
  for (let n = 0; n < 7; n += 1) expect(await create(anyone, 50)).toEqual({ none: 50 });
  expect(await sendCodes(anyone, 1_100)).toEqual({ SESSION_NOT_FOUND: 1_100 });
});
