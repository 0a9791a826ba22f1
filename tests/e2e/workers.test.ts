import { createTestDatabase, useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, countReasons, createSession } from '../src/client.ts';
import { isRunning, processesOf, temporaryDirectory } from '../src/embedded-server.ts';
import { times } from '../src/load.ts';
import { scrape } from '../src/metrics.ts';
import { subscribe } from '../src/subscribe.ts';
import { twoWorkersOf, workersOf } from '../src/workers.ts';
import { inOneWindow, sendCodes } from '../src/wrong-codes.ts';
import { spawnApi, startApi } from '@classroom/api/start';

const database = await useTestDatabase();

const startWorkers = (env: Record<string, string> = {}) =>
  startApi({ DATABASE_URL: database.url, WEB_CONCURRENCY: '2', ...env });

const CALLS = 'classroom_call_duration_seconds_count{procedure="sessions.create",reason="ok"}';
const SESSIONS_OPEN = 'classroom_sessions_open';

test('two workers share a port, and every scrape reports the sum of both', async () => {
  await using own = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: own.url, WEB_CONCURRENCY: '2' });
  expect(api.output().match(/listens on/g)).toHaveLength(1);
  await twoWorkersOf(api);
  // Each call has its own connection, and each worker accepts some of them.
  await Promise.all(times(40).map(() => createSession(api)));
  for (let n = 0; n < 10; n += 1) expect((await scrape(api.url))(CALLS)).toBe(40);
  await expect.poll(async () => (await scrape(api.url))(SESSIONS_OPEN)).toBe(40);
});

test('workers share the database connections', async () => {
  await using own = await createTestDatabase();
  await using api = await startApi({
    DATABASE_URL: own.url,
    WEB_CONCURRENCY: '2',
    DATABASE_POOL_MAX: '5',
  });
  await Promise.all(times(60).map(() => createSession(api)));
  const metrics = await scrape(api.url);
  const connections = ['idle', 'busy'].map((state) =>
    metrics(`classroom_pool_connections{state="${state}"}`),
  );
  const total = connections.reduce((sum, count) => sum + count);
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThanOrEqual(4);
});

test('an event reaches the listeners of both workers', async () => {
  await using api = await startWorkers();
  const { code, hostToken } = await createSession(api);
  const host = clientOf(api, hostToken);
  const subscriptions = await Promise.all(times(8).map(() => subscribe(host, code)));
  await host.sessions.start.mutate({ code });
  for (const { changes } of subscriptions) {
    await expect.poll(() => changes().at(-1)?.data).toMatchObject({ type: 'session' });
  }
  for (const subscription of subscriptions) subscription[Symbol.dispose]();
});

test('workers count wrong codes of an address together', () =>
  inOneWindow(async () => {
    await using api = await startWorkers({ RATE_LIMITS: 'on' });
    const outcomes = await sendCodes(clientOf(api), 250);
    expect(outcomes['SESSION_NOT_FOUND']).toBe(100);
    expect(outcomes['RATE_LIMITED']).toBe(150);
  }));

test('calls are served while the parent hangs, and each worker limits them by itself', () =>
  inOneWindow(async () => {
    await using api = await startWorkers({ RATE_LIMITS: 'on' });
    await createSession(api);
    api.child.kill('SIGSTOP');
    try {
      expect(await countReasons(times(10).map(() => createSession(api)))).toEqual({ none: 10 });
      const { SESSION_NOT_FOUND: found = 0 } = await sendCodes(clientOf(api), 280);
      expect(found).toBeGreaterThanOrEqual(100);
      expect(found).toBeLessThanOrEqual(200);
      expect((await fetch(`${api.url}/metrics`)).status).toBe(503);
    } finally {
      api.child.kill('SIGCONT');
    }
  }));

test('a scrape fails within seconds while a worker hangs, and other calls are served', async () => {
  await using api = await startWorkers();
  const [hung] = await twoWorkersOf(api);
  process.kill(hung, 'SIGSTOP');
  try {
    expect((await fetch(`${api.url}/metrics`)).status).toBe(503);
    await createSession(api);
  } finally {
    process.kill(hung, 'SIGCONT');
  }
  await expect.poll(async () => (await fetch(`${api.url}/metrics`)).status).toBe(200);
});

test('an interrupt of the whole process group, as by Ctrl-C, ends parent, workers and database', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir, WEB_CONCURRENCY: '2' });
  const workers = await twoWorkersOf(api);
  for (const pid of workers) process.kill(pid, 'SIGINT');
  api.child.kill('SIGINT');
  expect(await api.exit).toBe(0);
  expect(workers.filter(isRunning)).toEqual([]);
  expect(await processesOf(dataDir)).toEqual([]);
  expect(api.output()).not.toContain('a worker has ended');
});

test('workers end by themselves when the parent is killed, also with limits that it counts', async () => {
  const api = await startWorkers({ RATE_LIMITS: 'on' });
  const workers = await twoWorkersOf(api);
  const calls = times(20).map(() => createSession(api).catch(() => {}));
  api.child.kill('SIGKILL');
  await Promise.all(calls);
  await api.exit;
  await expect.poll(() => workers.filter(isRunning)).toEqual([]);
  expect(api.output()).not.toContain('ERR_IPC');
});

/** Ends each worker at its start. */
const CRASH = `import cluster from "node:cluster"; cluster.isWorker && process.exit(3)`;

test('a worker that ends at every start ends the API, with one line that says so', async () => {
  const api = spawnApi({
    DATABASE_URL: database.url,
    WEB_CONCURRENCY: '2',
    LOG_LEVEL: 'silent',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CRASH)}`,
  });
  expect(await api.exit).toBe(1);
  expect(api.output().trim()).toMatch(
    /^WEB_CONCURRENCY: a worker has ended 5 times before it served \(3\)[^\n]+$/,
  );
  expect(await workersOf(api)).toEqual([]);
});

test('a port in use is refused in one line, once for all workers', async () => {
  await using api = await startWorkers();
  const { port } = new URL(api.url);
  const second = spawnApi({ DATABASE_URL: database.url, WEB_CONCURRENCY: '2', PORT: port });
  expect(await second.exit).toBe(1);
  expect(second.output()).toMatch(new RegExp(`^PORT ${port}: already in use; [^\n]+\n$`));
});
