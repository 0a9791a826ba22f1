import { useTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { createSession } from '../../src/client.ts';
import { freePort } from '../../src/programs.ts';
import { expectSubscribed, openLesson } from '../../src/redis-lesson.ts';
import { askRedis, hasRedis, startRedis } from '../../src/redis.ts';

const database = await useTestDatabase();

describe.skipIf(!hasRedis)('with a Redis (skipped where redis-server is not installed)', () => {
  test('events arrive without a Redis, and over it once it is there', async () => {
    await using stack = new AsyncDisposableStack();
    const port = await freePort();
    const lesson = await openLesson(database.url, `redis://127.0.0.1:${port}`, stack);
    await lesson.expectLogged({ unavailable: 1, available: 0 });
    await lesson.expectChange('before Redis was there');
    const redis = stack.use(await startRedis(port));
    await lesson.expectLogged({ unavailable: 1, available: 1 });
    await expectSubscribed(redis, 1);
    await lesson.expectChange('after Redis was there');
    await lesson.expectLogged({ unavailable: 1, available: 1 });
  });

  test('no event is lost or doubled while Redis hangs and after it', async () => {
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await startRedis());
    const lesson = await openLesson(database.url, redis.url, stack);
    const other = await lesson.openOther();
    await expectSubscribed(redis, 2);
    redis.child.kill('SIGSTOP');
    stack.defer(() => void redis.child.kill('SIGCONT'));
    other[Symbol.dispose]();
    await lesson.expectChange('when Redis stopped responding');
    await lesson.expectLogged({ unavailable: 1, available: 0 });
    await lesson.expectChange('while Redis did not respond');

    redis.child.kill('SIGCONT');
    await lesson.expectLogged({ unavailable: 1, available: 1 });
    await lesson.expectChange('after Redis responded again');
    // The client has subscribed again to the session whose last listener left meanwhile.
    await other.change();
    await expectSubscribed(redis, 1);
    await lesson.expectLogged({ unavailable: 1, available: 1 });
  });

  test('a full Redis delays no event and fails no call', async () => {
    await using stack = new AsyncDisposableStack();
    const redis = stack.use(await startRedis());
    const lesson = await openLesson(database.url, redis.url, stack);
    await expectSubscribed(redis, 1);
    await askRedis(redis, 'CONFIG SET maxmemory 1');
    await lesson.expectLogged({ unavailable: 1, available: 0 });
    for (const api of lesson.apis) {
      expect(api.output()).toContain('OOM command not allowed');
      // It consumes a point of the address.
      await createSession(api);
    }
    await lesson.expectChange('while Redis was full');
    await askRedis(redis, 'CONFIG SET maxmemory 0');
    await lesson.expectLogged({ unavailable: 1, available: 1 });
    await lesson.expectChange('after Redis had space');
    await lesson.expectLogged({ unavailable: 1, available: 1 });
  });
});
