import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectWithin } from '../../src/campaign.ts';
import { isRunning } from '../../src/embedded-server.ts';
import { workersOf } from '../../src/workers.ts';
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
