import { randomUUID } from 'node:crypto';
import type { Client } from '@classroom/client';
import { useTestDatabase, waitEvents } from '@classroom/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  clientOf,
  countReasons,
  createSession,
  fetchServed,
  reasonFor,
  sessionInput,
} from '../src/client.ts';
import { holdLock } from '../src/hold-lock.ts';
import { forEach, times } from '../src/load.ts';
import { type RunningApi, startApi } from '@classroom/api/start';
import { reasonFrom, sendCodes, sendCodesFrom, WRONG_CODE } from '../src/wrong-codes.ts';

const database = await useTestDatabase();

/** Starts an API whose rate limits no other test has touched. */
const startLimited = (env: Record<string, string> = {}) =>
  startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on', LOG_LEVEL: 'warn', ...env });

describe('wrong codes', () => {
  test('count one by one in batches, and in every procedure with a code', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { hostToken } = await createSession(api);
    expect(await sendCodes(anyone, 90)).toEqual({ SESSION_NOT_FOUND: 90 });
    const { join } = anyone.sessions;
    const { start, participants } = clientOf(api, hostToken).sessions;
    for (let n = 0; n < 3; n += 1) {
      expect(
        await countReasons([
          join.mutate({ code: WRONG_CODE, displayName: 'Ben' }),
          start.mutate({ code: WRONG_CODE }),
          participants.query({ code: WRONG_CODE }),
        ]),
      ).toEqual({ SESSION_NOT_FOUND: 3 });
    }
    expect(await sendCodes(anyone, 10)).toEqual({ SESSION_NOT_FOUND: 1, RATE_LIMITED: 9 });
  });

  test('of ended sessions count like codes that never existed', async () => {
    await using api = await startLimited();
    const { code, hostToken } = await createSession(api);
    await clientOf(api, hostToken).sessions.end.mutate({ code });
    const anyone = clientOf(api);
    expect(await sendCodes(anyone, 50, code)).toEqual({ SESSION_NOT_FOUND: 50 });
    expect(await sendCodes(anyone, 50)).toEqual({ SESSION_NOT_FOUND: 50 });
    expect(await reasonFor(anyone.sessions.get.query({ code }))).toBe('RATE_LIMITED');
  });

  test('sent in parallel are refused beyond a hundred', async () => {
    await using api = await startLimited();
    const outcomes = await sendCodes(clientOf(api), 140);
    expect(outcomes).toEqual({ SESSION_NOT_FOUND: 100, RATE_LIMITED: 40 });
  });

  test('in parallel with a correct code do not reveal which one is correct', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { id, code } = await createSession(api);
    await sendCodes(anyone, 99);
    const release = await holdLock(database, `select from sessions where id = ${id} for update`);
    const joining = reasonFor(anyone.sessions.join.mutate({ code, displayName: 'Ben' }));
    // The last guess is used up while the join waits for the row.
    await expect.poll(() => waitEvents(database.db)).toContain('Lock');
    await sendCodes(anyone, 1);
    await release();
    expect(await joining).toBe('RATE_LIMITED');
  });
});

describe('an address without guesses left', () => {
  let api: RunningApi;
  beforeAll(async () => {
    api = await startLimited();
    await sendCodes(clientOf(api), 100);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test('gets 429 even for a correct code, with the time to wait in header and body', async () => {
    const { code } = await createSession(api);
    const input = encodeURIComponent(JSON.stringify({ code }));
    const response = await fetchServed(`${api.url}/trpc/sessions.get?input=${input}`);
    expect(response.status).toBe(429);
    const retryAfterSeconds = Number(response.headers.get('retry-after'));
    expect(retryAfterSeconds).toBeGreaterThan(300);
    expect(retryAfterSeconds).toBeLessThanOrEqual(600);
    expect(await response.json()).toMatchObject({
      error: { data: { reason: 'RATE_LIMITED', code: 'TOO_MANY_REQUESTS', retryAfterSeconds } },
    });
  });

  test('creates sessions, and acts in sessions with their tokens', async () => {
    await using other = await startApi({ DATABASE_URL: database.url });
    const { code, hostToken } = await createSession(api);
    const input = { code, displayName: 'Ben' };
    const { participantToken } = await clientOf(other).sessions.join.mutate(input);
    const host = clientOf(api, hostToken).sessions;
    const participant = clientOf(api, participantToken).sessions;
    expect(await reasonFor(host.start.mutate({ code }))).toBe('none');
    expect(await reasonFor(host.extend.mutate({ code }))).toBe('none');
    expect(await reasonFor(participant.participants.query({ code }))).toBe('none');
    expect(await reasonFor(host.end.mutate({ code }))).toBe('none');
    expect(await reasonFor(host.start.mutate({ code }))).toBe('SESSION_ENDED');
  });

  test('gets RATE_LIMITED with the token of another session', async () => {
    const { code } = await createSession(api);
    const foreign = clientOf(api, (await createSession(api)).hostToken).sessions;
    for (const tried of [code, WRONG_CODE]) {
      expect(await reasonFor(foreign.start.mutate({ code: tried }))).toBe('RATE_LIMITED');
      expect(await reasonFor(foreign.participants.query({ code: tried }))).toBe('RATE_LIMITED');
      expect(await reasonFor(foreign.get.query({ code: tried }))).toBe('RATE_LIMITED');
    }
  });
});

test('a school behind one address joins a thousand times in a burst', async () => {
  await using api = await startLimited();
  const { code } = await createSession(api);
  const { sessions } = clientOf(api);
  await forEach(times(1_000), 140, async (n) => {
    const input = { code, displayName: `Student ${n}`, idempotencyKey: randomUUID() };
    expect(await reasonFor(sessions.join.mutate(input))).toBe('none');
  });
  expect(await reasonFor(sessions.get.query({ code }))).toBe('none');
});

test('X-Forwarded-For does not change the address of a caller without TRUST_PROXY', async () => {
  await using api = await startLimited();
  await forEach(times(100), 10, async (n) => {
    expect(await reasonFrom(api, `192.0.2.${n}`)).toBe('SESSION_NOT_FOUND');
  });
  expect(await reasonFrom(api, '192.0.2.200')).toBe('RATE_LIMITED');
});

describe('behind a proxy', () => {
  let api: RunningApi;
  beforeAll(async () => {
    api = await startLimited({ TRUST_PROXY: '127.0.0.1/32' });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test('only the address that the proxy adds to X-Forwarded-For counts', async () => {
    await forEach(times(100), 10, async (n) => {
      expect(await reasonFrom(api, `192.0.2.${n}, 203.0.113.1`)).toBe('SESSION_NOT_FOUND');
    });
    expect(await reasonFrom(api, '192.0.2.200, 203.0.113.1')).toBe('RATE_LIMITED');
  });

  test('each IPv4 address and each IPv6 /64 has its own limit', async () => {
    expect(await sendCodesFrom(api, '192.0.2.1', 100)).toEqual({ SESSION_NOT_FOUND: 100 });
    expect(await reasonFrom(api, '192.0.2.1')).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, '::ffff:192.0.2.1')).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, '192.0.2.2')).toBe('SESSION_NOT_FOUND');

    expect(await sendCodesFrom(api, '2001:db8::1', 100)).toEqual({ SESSION_NOT_FOUND: 100 });
    expect(await reasonFrom(api, '2001:db8::2')).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, '2001:db8:0:1::1')).toBe('SESSION_NOT_FOUND');
  });
});

test('all addresses together have a limit, which one address cannot use up', async () => {
  await using api = await startLimited({ TRUST_PROXY: '127.0.0.1/32' });
  expect(await sendCodesFrom(api, '198.51.100.1', 1_000)).toEqual({
    SESSION_NOT_FOUND: 100,
    RATE_LIMITED: 900,
  });
  expect(await reasonFrom(api, '198.51.100.2')).toBe('SESSION_NOT_FOUND');
  // Each address sends 21 wrong codes: 50 addresses exceed 1,000 in a minute, unless the machine is slow.
  let host = 0;
  while (host < 200 && (await reasonFrom(api, `10.0.0.${host}`)) !== 'RATE_LIMITED') {
    await sendCodesFrom(api, `10.0.0.${host}`, 20);
    host += 1;
  }
  expect(host).toBeLessThan(200);
  const input = encodeURIComponent(JSON.stringify({ code: WRONG_CODE }));
  const response = await fetchServed(`${api.url}/trpc/sessions.get?input=${input}`);
  expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
});

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
