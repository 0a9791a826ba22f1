import { useTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { expectWithin } from '../src/campaign.ts';
import { clientOf, countReasons, createSession } from '../src/client.ts';
import { times } from '../src/load.ts';
import { hasRedis, startRedis } from '../src/redis.ts';
import { printed, startApi } from '@classroom/api/start';
import { inOneWindow, sendCodes } from '../src/wrong-codes.ts';

const database = await useTestDatabase();

const startLimited = (redisUrl: string) =>
  startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on', REDIS_URL: redisUrl });
const create = (api: { url: string }, count: number) =>
  countReasons(times(count).map(() => createSession(api)));

/** Calls each API in turn until all refuse, and returns the number of calls that passed. */
async function passUntilRefused(
  calls: readonly (() => Promise<Record<string, number>>)[],
): Promise<number> {
  let passed = 0;
  for (;;) {
    const before = passed;
    for (const call of calls) {
      const { RATE_LIMITED: _, ...others } = await call();
      for (const count of Object.values(others)) passed += count;
    }
    if (passed === before) return passed;
  }
}

test('an API starts without its Redis, and limits callers by itself', () =>
  inOneWindow(async () => {
    await using api = await startLimited('redis://ada:secret@127.0.0.1:1');
    expect(await sendCodes(clientOf(api), 120)).toEqual({
      SESSION_NOT_FOUND: 100,
      RATE_LIMITED: 20,
    });
    expect(await create(api, 10)).toEqual({ none: 10 });
    await printed(api, /Redis is unavailable/);
    expect(api.output()).not.toContain('secret');
    api.child.kill('SIGINT');
    expect(await api.exit).toBe(0);
  }));

describe.skipIf(!hasRedis)('with a Redis (skipped where redis-server is not installed)', () => {
  test('two processes share the limits of an address', () =>
    inOneWindow(async () => {
      await using redis = await startRedis();
      await using one = await startLimited(redis.url);
      await using other = await startLimited(redis.url);
      const created = await passUntilRefused([() => create(one, 20), () => create(other, 20)]);
      const [first, second] = [clientOf(one), clientOf(other)];
      const looked = await passUntilRefused([
        () => sendCodes(first, 10),
        () => sendCodes(second, 10),
      ]);
      console.log(`${created} sessions of 300, ${looked} wrong codes of 100`);
      // A process counts by itself when Redis takes longer than 500 ms, as on a slow machine. Without
      // sharing, two processes would let 600 and 200 pass.
      expect(created).toBeGreaterThanOrEqual(300);
      expect(created).toBeLessThan(450);
      expect(looked).toBeGreaterThanOrEqual(100);
      expect(looked).toBeLessThan(150);
    }));

  test('no call fails when Redis is killed, and processes share limits again when it is back', () =>
    inOneWindow(async () => {
      await using redis = await startRedis();
      await using api = await startLimited(redis.url);
      const client = clientOf(api);
      expect(await sendCodes(client, 10)).toEqual({ SESSION_NOT_FOUND: 10 });
      await redis[Symbol.asyncDispose]();
      expect(await create(api, 10)).toEqual({ none: 10 });
      const alone = await sendCodes(client, 120);
      expect(alone['SESSION_NOT_FOUND']).toBeGreaterThanOrEqual(90);
      expect(alone['SESSION_NOT_FOUND']).toBeLessThanOrEqual(100);

      await using back = await startRedis(redis.port);
      await printed(api, /Redis is available again/);
      // Redis starts without counts, and both processes share the new ones.
      await using other = await startLimited(back.url);
      const there = clientOf(other);
      const passed = await passUntilRefused([
        () => sendCodes(client, 10),
        () => sendCodes(there, 10),
      ]);
      expect(passed).toBeGreaterThanOrEqual(100);
      expect(passed).toBeLessThan(150);
    }));

  test('calls are served and limited while Redis hangs', () =>
    inOneWindow(async () => {
      await using redis = await startRedis();
      await using api = await startLimited(redis.url);
      redis.child.kill('SIGSTOP');
      await expectWithin('ten sessions without Redis', 3_000, async () => {
        expect(await create(api, 10)).toEqual({ none: 10 });
      });
      await expectWithin('120 wrong codes without Redis', 8_000, async () => {
        const outcomes = await sendCodes(clientOf(api), 120);
        expect(outcomes).toEqual({ SESSION_NOT_FOUND: 100, RATE_LIMITED: 20 });
      });
    }));
});
