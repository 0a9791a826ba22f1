import { startApi, type RunningApi } from '@classroom/api/start';
import { expect } from 'vitest';
import { expectWithin } from './campaign.ts';
import { clientOf, createSession } from './client.ts';
import { type RunningRedis, askRedis } from './redis.ts';
import { subscribe } from './subscribe.ts';

/** The poll every four seconds, and slack. */
const DELIVERED_MS = 5_000;
const CALLED_MS = 2_000;

/** A lesson whose changes are made in one process and received in another. */
export interface RedisLesson {
  apis: readonly RunningApi[];
  /** Subscribes to another session in the receiving process. */
  openOther: () => Promise<Disposable & { change: () => Promise<void> }>;
  /** Changes the session, and expects the event in time, after all earlier ones and once. */
  expectChange: (when: string) => Promise<void>;
  /** Expects that each process has logged how often Redis became unavailable and available. */
  expectLogged: (times: { unavailable: number; available: number }) => Promise<void>;
}

export async function openLesson(
  databaseUrl: string,
  redisUrl: string,
  stack: AsyncDisposableStack,
): Promise<RedisLesson> {
  const env = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, RATE_LIMITS: 'on' };
  const apis = [stack.use(await startApi(env)), stack.use(await startApi(env))] as const;
  const { code, hostToken } = await createSession(apis[0]);
  const subscription = stack.use(await subscribe(clientOf(apis[0], hostToken), code));
  await expect.poll(subscription.changes).toHaveLength(1);
  const { sessions } = clientOf(apis[1], hostToken);
  let changes = 0;
  return {
    apis,
    async openOther() {
      const other = await createSession(apis[0]);
      const listener = await subscribe(clientOf(apis[0], other.hostToken), other.code);
      return {
        change: async () => {
          await clientOf(apis[1], other.hostToken).sessions.start.mutate({ code: other.code });
        },
        [Symbol.dispose]: () => listener[Symbol.dispose](),
      };
    },
    async expectChange(when) {
      changes += 1;
      const title = `Title ${changes}`;
      await expectWithin(`called ${when}`, CALLED_MS, async () => {
        await sessions.configure.mutate({ code, title });
      });
      await expectWithin(`delivered ${when}`, DELIVERED_MS, async () => {
        await expect.poll(subscription.changes, { interval: 10 }).toHaveLength(changes + 1);
      });
      expect(subscription.changes().at(-1)?.data).toMatchObject({ session: { title } });
      expect(subscription.connections()).toBe(1);
    },
    async expectLogged({ unavailable, available }) {
      const count = (api: RunningApi, pattern: RegExp) => api.output().match(pattern)?.length ?? 0;
      for (const api of apis) {
        await expect.poll(() => count(api, /Redis is unavailable/g)).toBe(unavailable);
        await expect.poll(() => count(api, /Redis is available again/g)).toBe(available);
      }
    },
  };
}

/** Waits until the only process with listeners has subscribed to its sessions, and to no others. */
export async function expectSubscribed(redis: RunningRedis, sessions: number): Promise<void> {
  const subscribed = async () => {
    const channels = await askRedis(redis, 'PUBSUB SHARDCHANNELS');
    return channels.match(/classroom:live:\{\d+\}/g)?.length ?? 0;
  };
  await expect.poll(subscribed).toBe(sessions);
}
