import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectWithin } from '../../src/campaign.ts';
import { clientOf, countReasons, createSession } from '../../src/client.ts';
import { isRunning } from '../../src/embedded-server.ts';
import { times } from '../../src/load.ts';
import { workersOf } from '../../src/workers.ts';
import { inOneWindow, sendCodes } from '../../src/wrong-codes.ts';
import { startApi } from '@classroom/api/start';

test('a worker that hangs is killed ten seconds after SIGTERM, and the parent exits with 1', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, WEB_CONCURRENCY: '2' });
  const workers = await workersOf(api);
  expect(workers).toHaveLength(2);
  const [hung = 0] = workers;
  process.kill(hung, 'SIGSTOP');
  await expectWithin('exit', 12_000, async () => {
    api.child.kill('SIGTERM');
    expect(await api.exit).toBe(1);
  });
  await expect.poll(() => workers.filter(isRunning)).toEqual([]);
});

test('calls are served while the parent hangs, and each worker limits them by itself', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({
    DATABASE_URL: database.url,
    WEB_CONCURRENCY: '2',
    RATE_LIMITS: 'on',
  });
  await inOneWindow(async () => {
    api.child.kill('SIGSTOP');
    try {
      expect(await countReasons(times(10).map(() => createSession(api)))).toEqual({ none: 10 });
      const { SESSION_NOT_FOUND: found = 0, ...others } = await sendCodes(clientOf(api), 250);
      expect(found).toBeGreaterThanOrEqual(100);
      expect(others).toEqual({ RATE_LIMITED: 250 - found });
      expect(found).toBeLessThanOrEqual(200);
      expect((await fetch(`${api.url}/metrics`)).status).toBe(503);
    } finally {
      api.child.kill('SIGCONT');
    }
  });
});
