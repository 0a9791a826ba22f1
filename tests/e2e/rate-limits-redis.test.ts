import { randomUUID } from 'node:crypto';
import type { Client } from '@classroom/client';
import { useTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { countReasons, guess } from '../src/guess.ts';
import { printed, startApi } from '../src/start-api.ts';
import { hasRedis, startRedis } from '../src/start-redis.ts';

const database = await useTestDatabase();

const startLimited = (redisUrl: string) =>
  startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on', REDIS_URL: redisUrl });
const createTen = ({ sessions }: Client) =>
  countReasons(
    Array.from({ length: 10 }, () =>
      sessions.create.mutate({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` }),
    ),
  );

test('a Redis that was never there stops nobody from starting, and limits hold without it', async () => {
  await using api = await startLimited('redis://ada:secret@127.0.0.1:1');
  expect(await guess(clientOf(api), 120)).toEqual({ SESSION_NOT_FOUND: 100, RATE_LIMITED: 20 });
  expect(await createTen(clientOf(api))).toEqual({ none: 10 });
  await printed(api, /Redis is unreachable/);
  expect(api.output()).not.toContain('secret');
  api.child.kill('SIGTERM');
  expect(await api.exit).toBe(0);
});

describe.skipIf(!hasRedis)('with a Redis (skipped where redis-server is not installed)', () => {
  test('two processes share the budgets of an address', async () => {
    await using redis = await startRedis();
    await using one = await startLimited(redis.url);
    await using other = await startLimited(redis.url);
    const [here, there] = [clientOf(one), clientOf(other)];
    for (let n = 0; n < 15; n += 1) {
      expect(await createTen(here)).toEqual({ none: 10 });
      expect(await createTen(there)).toEqual({ none: 10 });
    }
    expect(await createTen(here)).toEqual({ RATE_LIMITED: 10 });
    expect(await createTen(there)).toEqual({ RATE_LIMITED: 10 });

    expect(await guess(here, 60)).toEqual({ SESSION_NOT_FOUND: 60 });
    expect(await guess(there, 60)).toEqual({ SESSION_NOT_FOUND: 40, RATE_LIMITED: 20 });
    expect(await guess(here, 1)).toEqual({ RATE_LIMITED: 1 });
  });

  test('when it is killed no call fails, and when it is back they count together again', async () => {
    await using redis = await startRedis();
    await using api = await startLimited(redis.url);
    const client = clientOf(api);
    expect(await guess(client, 10)).toEqual({ SESSION_NOT_FOUND: 10 });
    await redis[Symbol.asyncDispose]();
    expect(await createTen(client)).toEqual({ none: 10 });
    expect(await guess(client, 120)).toEqual({ SESSION_NOT_FOUND: 100, RATE_LIMITED: 20 });

    await using back = await startRedis(redis.port);
    await printed(api, /Redis is reachable again/);
    // It kept nothing; and what it counts from now on, another process sees.
    await using other = await startLimited(back.url);
    expect(await guess(client, 60)).toEqual({ SESSION_NOT_FOUND: 60 });
    expect(await guess(clientOf(other), 60)).toEqual({ SESSION_NOT_FOUND: 40, RATE_LIMITED: 20 });
  });

  test('when it hangs, calls are answered without it', async () => {
    await using redis = await startRedis();
    await using api = await startLimited(redis.url);
    redis.child.kill('SIGSTOP');
    const start = performance.now();
    expect(await createTen(clientOf(api))).toEqual({ none: 10 });
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(await guess(clientOf(api), 120)).toEqual({ SESSION_NOT_FOUND: 100, RATE_LIMITED: 20 });
    expect(performance.now() - start).toBeLessThan(8_000);
  });
});
