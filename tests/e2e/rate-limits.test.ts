import { randomUUID } from 'node:crypto';
import type { Client } from '@classroom/client';
import { useTestDatabase, waitEvents } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { countReasons, guess, guessFrom, reasonFrom, WRONG_CODE } from '../src/guess.ts';
import { reasonFor } from '../src/reason-for.ts';
import { startApi } from '../src/start-api.ts';

const database = await useTestDatabase();

/** Each with budgets of its own, which no other test has touched. */
const startLimited = (env: Record<string, string> = {}) =>
  startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on', LOG_LEVEL: 'warn', ...env });
const create = ({ sessions }: Client) =>
  sessions.create.mutate({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });

describe('wrong codes', () => {
  test('end in 429, which says in the header and in the body when to try again', async () => {
    await using api = await startLimited();
    const { code } = await create(clientOf(api));
    expect(await guess(clientOf(api), 100)).toEqual({ SESSION_NOT_FOUND: 100 });

    const input = encodeURIComponent(JSON.stringify({ code }));
    const response = await fetch(`${api.url}/trpc/sessions.get?input=${input}`);
    expect(response.status).toBe(429);
    const retryAfterSeconds = Number(response.headers.get('retry-after'));
    expect(retryAfterSeconds).toBeGreaterThan(500);
    expect(retryAfterSeconds).toBeLessThanOrEqual(600);
    expect(await response.json()).toMatchObject({
      error: { data: { reason: 'RATE_LIMITED', code: 'TOO_MANY_REQUESTS', retryAfterSeconds } },
    });
  });

  test('count one by one, in a batch of ten too, and by whatever they are tried', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { hostToken } = await create(anyone);
    for (let n = 0; n < 9; n += 1) {
      expect(await guess(anyone, 10)).toEqual({ SESSION_NOT_FOUND: 10 });
    }
    const { join } = anyone.sessions;
    const { start, participants } = clientOf(api, hostToken).sessions;
    const name = { displayName: 'Ben' };
    for (let n = 0; n < 3; n += 1) {
      expect(
        await countReasons([
          join.mutate({ code: WRONG_CODE, ...name }),
          start.mutate({ code: WRONG_CODE }),
          participants.query({ code: WRONG_CODE }),
        ]),
      ).toEqual({ SESSION_NOT_FOUND: 3 });
    }
    expect(await guess(anyone, 10)).toEqual({ SESSION_NOT_FOUND: 1, RATE_LIMITED: 9 });
  });

  test('of sessions that have ended are charged as those that never were', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { code, hostToken } = await create(anyone);
    await clientOf(api, hostToken).sessions.end.mutate({ code });
    expect(await guess(anyone, 50, code)).toEqual({ SESSION_NOT_FOUND: 50 });
    expect(await guess(anyone, 50)).toEqual({ SESSION_NOT_FOUND: 50 });
    expect(await reasonFor(anyone.sessions.get.query({ code }))).toBe('RATE_LIMITED');
  });

  test('sent all at once are answered a hundred times', async () => {
    await using api = await startLimited();
    const outcomes = await guess(clientOf(api), 150);
    expect(outcomes).toEqual({ SESSION_NOT_FOUND: 100, RATE_LIMITED: 50 });
  });

  test('sent all at once with a right one do not learn which it is', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { id, code } = await create(anyone);
    await guess(anyone, 99);
    const joining = await database.db.transaction().execute(async (held) => {
      await held.selectFrom('sessions').select('id').where('id', '=', id).forUpdate().execute();
      const call = reasonFor(anyone.sessions.join.mutate({ code, displayName: 'Ben' }));
      // It has come to where it waits for the row; meanwhile the last guess is spent.
      await expect.poll(() => waitEvents(database.db)).toContain('Lock');
      await guess(anyone, 1);
      return { call };
    });
    expect(await joining.call).toBe('RATE_LIMITED');
  });
});

describe('a school behind one address', () => {
  test('joins a thousand times in a burst', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { code } = await create(anyone);
    const reasons = await Promise.all(
      Array.from({ length: 1000 }, async (_, n) => {
        const input = { code, displayName: `Student ${n}`, idempotencyKey: randomUUID() };
        const join = () => reasonFor(anyone.sessions.join.mutate(input));
        let reason = await join();
        // For a slow machine so many at once are an overload; the client retries for five seconds.
        while (reason === 'UNAVAILABLE') reason = await join();
        return reason;
      }),
    );
    expect(new Set(reasons)).toEqual(new Set(['none']));
    expect(await reasonFor(anyone.sessions.get.query({ code }))).toBe('none');
  });

  test('goes on with its lessons while its address has no guesses left', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { code, hostToken } = await create(anyone);
    const { participantToken } = await anyone.sessions.join.mutate({ code, displayName: 'Ben' });
    await guess(anyone, 100);
    const host = clientOf(api, hostToken).sessions;
    const participant = clientOf(api, participantToken).sessions;
    expect(await reasonFor(host.start.mutate({ code }))).toBe('none');
    expect(await reasonFor(host.prolong.mutate({ code }))).toBe('none');
    expect(await reasonFor(participant.participants.query({ code }))).toBe('none');
    expect(await reasonFor(create(anyone))).toBe('none');
    expect(await reasonFor(host.end.mutate({ code }))).toBe('none');
    expect(await reasonFor(host.start.mutate({ code }))).toBe('SESSION_ENDED');
  });
});

describe('there is no way around it', () => {
  test('by a token of a session of one’s own', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const { code } = await create(anyone);
    const own = clientOf(api, (await create(anyone)).hostToken).sessions;
    expect(await reasonFor(own.start.mutate({ code }))).toBe('FORBIDDEN');
    await guess(anyone, 100);
    for (const guessed of [code, WRONG_CODE]) {
      expect(await reasonFor(own.start.mutate({ code: guessed }))).toBe('RATE_LIMITED');
      expect(await reasonFor(own.participants.query({ code: guessed }))).toBe('RATE_LIMITED');
      expect(await reasonFor(own.get.query({ code: guessed }))).toBe('RATE_LIMITED');
    }
  });

  test('by writing other addresses into X-Forwarded-For', async () => {
    await using api = await startLimited();
    for (let n = 0; n < 100; n += 1) {
      expect(await reasonFrom(api, `192.0.2.${n}`)).toBe('SESSION_NOT_FOUND');
    }
    expect(await reasonFrom(api, '192.0.2.200')).toBe('RATE_LIMITED');
  });

  test('by writing addresses before the one that the proxy adds', async () => {
    await using api = await startLimited({ TRUST_PROXY: '127.0.0.1/32' });
    for (let n = 0; n < 100; n += 1) {
      expect(await reasonFrom(api, `192.0.2.${n}, 198.51.100.1`)).toBe('SESSION_NOT_FOUND');
    }
    expect(await reasonFrom(api, '192.0.2.200, 198.51.100.1')).toBe('RATE_LIMITED');
  });
});

describe('behind a proxy', () => {
  test('addresses are told apart, and those of one IPv6 /64 are one', async () => {
    await using api = await startLimited({ TRUST_PROXY: '127.0.0.1/32' });
    await guessFrom(api, '192.0.2.1', 100);
    expect(await reasonFrom(api, '192.0.2.1')).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, '::ffff:192.0.2.1')).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, '192.0.2.2')).toBe('SESSION_NOT_FOUND');

    await guessFrom(api, '2001:db8::1', 100);
    expect(await reasonFrom(api, '2001:db8::2')).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, '2001:db8:0:1::1')).toBe('SESSION_NOT_FOUND');
  });

  test('guesses from many addresses end too, and soon', async () => {
    await using api = await startLimited({ TRUST_PROXY: '127.0.0.1/32' });
    // One address alone does not spend what all have together.
    await guessFrom(api, '198.51.100.1', 1000);
    for (let n = 0; n < 45; n += 1) await guessFrom(api, `192.0.2.${n}`, 20);
    expect(await reasonFrom(api, '192.0.2.100')).toBe('RATE_LIMITED');
    const input = encodeURIComponent(JSON.stringify({ code: WRONG_CODE }));
    const response = await fetch(`${api.url}/trpc/sessions.get?input=${input}`);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  });
});

describe('creating sessions', () => {
  const createTen = (client: Client) =>
    countReasons(Array.from({ length: 10 }, () => create(client)));

  test('the 301st of an hour is refused, and only what was created counts', async () => {
    await using api = await startLimited();
    const anyone = clientOf(api);
    const invalid = anyone.sessions.create.mutate({ title: '', hostDisplayName: 'Ada' });
    expect(await reasonFor(invalid)).toBe('INVALID_INPUT');
    for (let n = 0; n < 30; n += 1) expect(await createTen(anyone)).toEqual({ none: 10 });
    const failure: unknown = await create(anyone).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      data: { reason: 'RATE_LIMITED', httpStatus: 429, retryAfterSeconds: expect.any(Number) },
    });
    expect(await reasonFor(anyone.sessions.get.query({ code: WRONG_CODE }))).toBe(
      'SESSION_NOT_FOUND',
    );
  });

  test('with RATE_LIMITS=off nothing is limited', async () => {
    await using api = await startLimited({ RATE_LIMITS: 'off' });
    const anyone = clientOf(api);
    for (let n = 0; n < 31; n += 1) expect(await createTen(anyone)).toEqual({ none: 10 });
    expect(await guess(anyone, 1100)).toEqual({ SESSION_NOT_FOUND: 1100 });
  });
});
