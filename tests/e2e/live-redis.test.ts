import { countListeners, useTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { clientOf, createSession } from '../src/client.ts';
import { askRedis, hasRedis, startRedis } from '../src/redis.ts';
import { subscribe } from '../src/subscribe.ts';
import { startApi } from '@classroom/api/start';

const database = await useTestDatabase();

/** Two processes with a session, and a client of its host for each. */
async function openSession(redisUrl: string, stack: AsyncDisposableStack) {
  const env = { DATABASE_URL: database.url, REDIS_URL: redisUrl };
  const one = stack.use(await startApi(env));
  const other = stack.use(await startApi(env));
  const { code, hostToken } = await createSession(one);
  return { code, one: clientOf(one, hostToken), other: clientOf(other, hostToken) };
}

describe.skipIf(!hasRedis)('with a Redis (skipped where redis-server is not installed)', () => {
  test.each([
    { pubSub: 'sharded', channels: 'SHARDCHANNELS', options: [] },
    {
      pubSub: 'plain',
      channels: 'CHANNELS',
      // As if it were older than 7.
      options: ['--rename-command', 'SPUBLISH', '', '--rename-command', 'SSUBSCRIBE', ''],
    },
  ])(
    'changes and the presence reach another process by $pubSub pub/sub',
    async ({ channels, options }) => {
      await using stack = new AsyncDisposableStack();
      const redis = stack.use(await startRedis(undefined, options));
      const { code, one, other } = await openSession(redis.url, stack);
      const subscribed = async () => await askRedis(redis, `PUBSUB ${channels} classroom:live:*`);
      expect(await subscribed()).not.toContain('classroom:live:');
      expect(await countListeners(database.db)).toBe(0);

      const here = await subscribe(one, code);
      await expect.poll(subscribed).toMatch(/classroom:live:\{\d+\}/);
      const there = await subscribe(other, code);
      for (const { presence } of [here, there]) {
        await expect.poll(presence).toEqual({ listening: 2, participants: 2 });
      }
      await other.sessions.start.mutate({ code });
      // The poll would deliver one change every four seconds.
      const started = performance.now();
      for (let n = 0; n < 12; n += 1) {
        await other.sessions.configure.mutate({ code, title: `Title ${n}` });
        await expect.poll(() => JSON.stringify(here.changes().at(-1))).toContain(`Title ${n}"`);
      }
      console.log(`12 changes in ${Math.round(performance.now() - started)} ms`);
      expect(performance.now() - started).toBeLessThan(20_000);

      here[Symbol.dispose]();
      await expect.poll(there.presence).toEqual({ listening: 1, participants: 1 });
      expect(await subscribed()).toContain('classroom:live:');
      there[Symbol.dispose]();
      await expect.poll(subscribed).not.toContain('classroom:live:');
    },
  );
});
