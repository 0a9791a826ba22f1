import { useTestDatabase } from '@classroom/db/testing';
import { test } from 'vitest';
import { expectSubscribed, openLesson } from '../src/redis-lesson.ts';
import { hasRedis, startRedis } from '../src/redis.ts';

const database = await useTestDatabase();

test.skipIf(!hasRedis)(
  'no event is lost or doubled when Redis is killed in a lesson and comes back',
  async () => {
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await startRedis());
    const lesson = await openLesson(database.url, redis.url, stack);
    await expectSubscribed(redis, 1);
    await lesson.expectChange('before Redis was killed');
    await lesson.expectLogged({ unavailable: 0, available: 0 });

    await redis[Symbol.asyncDispose]();
    await lesson.expectChange('while Redis was away');
    await lesson.expectLogged({ unavailable: 1, available: 0 });

    const back = stack.use(await startRedis(redis.port));
    await lesson.expectLogged({ unavailable: 1, available: 1 });
    await expectSubscribed(back, 1);
    await lesson.expectChange('after Redis was back');
    await lesson.expectLogged({ unavailable: 1, available: 1 });
  },
);
