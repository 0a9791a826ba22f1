import { get } from 'node:http';
import { countOpenSessions } from '@classroom/db';
import { expireSessions, waitEvents } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, createSession, sessionInput, useApi } from '../src/client.ts';
import { isRunning, processesOf, temporaryDirectory } from '../src/embedded-server.ts';
import { holdLock } from '../src/hold-lock.ts';
import { times } from '../src/load.ts';
import { scrape } from '../src/metrics.ts';
import { subscribe } from '../src/subscribe.ts';
import { workersOf } from '../src/workers.ts';
import { inOneWindow, sendCodes } from '../src/wrong-codes.ts';
import { spawnApi, startApi } from '@classroom/api/start';

const WORKERS = { WEB_CONCURRENCY: '2', RATE_LIMITS: 'on' };
const { api, database } = await useApi({ ...WORKERS, DATABASE_POOL_MAX: '5' });

const createMany = (count: number) => Promise.all(times(count).map(() => createSession(api)));
const sample = async (name: string) => (await scrape(api.url))(name);
/** Requests a path over a new connection: fetch may reuse one of a worker that hangs. */
const statusOf = (route: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    get(`${api.url}${route}`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once('error', reject);
  });

test('the address is printed once for both workers', async () => {
  expect(api.output().match(/listens on/g)).toHaveLength(1);
  expect(await workersOf(api)).toHaveLength(2);
});

const CALLS = 'classroom_call_duration_seconds_count{procedure="sessions.create",reason="ok"}';

test('every scrape reports the sum of both workers, and the open sessions once', async () => {
  await createMany(40);
  const calls = await sample(CALLS);
  expect(calls).toBeGreaterThanOrEqual(40);
  // Each scrape has its own connection, which any of the workers accepts.
  for (let n = 0; n < 10; n += 1) expect(await sample(CALLS)).toBe(calls);
  const open = await countOpenSessions(database.db, 1_000);
  await expect.poll(() => sample('classroom_sessions_open')).toBe(open);
});

test('workers share the database connections', async () => {
  await createMany(60);
  const metrics = await scrape(api.url);
  const [idle = 0, busy = 0] = ['idle', 'busy'].map((state) =>
    metrics(`classroom_pool_connections{state="${state}"}`),
  );
  expect(idle + busy).toBeGreaterThan(0);
  expect(idle + busy).toBeLessThanOrEqual(4);
});

test('an event reaches every listener, whichever worker has accepted it', async () => {
  const { code, hostToken } = await createSession(api);
  const host = clientOf(api, hostToken);
  using open = new DisposableStack();
  const subscriptions = await Promise.all(times(8).map(() => subscribe(host, code)));
  for (const subscription of subscriptions) open.use(subscription);
  await host.sessions.start.mutate({ code });
  for (const { changes } of subscriptions) {
    await expect
      .poll(() => changes().at(-1)?.data)
      .toMatchObject({ session: { status: 'active' } });
  }
});

test('the parent ends an expired session, whose listeners receive the end', async () => {
  const { code, hostToken, host } = await createSession(api);
  using subscription = await subscribe(clientOf(api, hostToken), code);
  await expireSessions(database.db, host.displayName);
  await expect.poll(() => subscription.ended()).toBe('completed');
  const query = database.db.selectFrom('sessions').select('status').where('code', '=', code);
  await expect.poll(() => query.executeTakeFirst()).toEqual({ status: 'ended' });
});

test('workers count the wrong codes of an address together', () =>
  inOneWindow(async () => {
    expect(await sendCodes(clientOf(api), 250)).toEqual({
      SESSION_NOT_FOUND: 100,
      RATE_LIMITED: 150,
    });
  }));

test('a scrape fails within seconds while a worker hangs, and other calls are served', async () => {
  const [hung = 0] = await workersOf(api);
  process.kill(hung, 'SIGSTOP');
  try {
    expect(await statusOf('/metrics')).toBe(503);
    expect(await statusOf('/readyz')).toBe(200);
  } finally {
    process.kill(hung, 'SIGCONT');
  }
  await expect.poll(() => statusOf('/metrics')).toBe(200);
});

test('a port in use is refused in one line, once for all workers', async () => {
  const { port } = new URL(api.url);
  const second = spawnApi({ ...WORKERS, DATABASE_URL: database.url, PORT: port });
  expect(await second.exit).toBe(1);
  expect(second.output()).toMatch(new RegExp(`^PORT ${port}: already in use; [^\n]+\n$`));
});

test('an interrupt of the whole process group, as by Ctrl-C, ends parent, workers and database', async () => {
  const dataDir = await temporaryDirectory();
  await using started = await startApi({ ...WORKERS, DATA_DIR: dataDir });
  const workers = await workersOf(started);
  expect(workers).toHaveLength(2);
  for (const pid of workers) process.kill(pid, 'SIGINT');
  started.child.kill('SIGINT');
  expect(await started.exit).toBe(0);
  expect(workers.filter(isRunning)).toEqual([]);
  expect(await processesOf(dataDir)).toEqual([]);
  expect(started.output()).not.toContain('a worker has ended');
});

test('when the parent is killed, workers answer the calls in flight and end', async () => {
  const started = await startApi({ ...WORKERS, DATABASE_URL: database.url });
  const workers = await workersOf(started);
  expect(workers).toHaveLength(2);
  const release = await holdLock(database, 'lock table sessions');
  const calls = times(8).map(async () => {
    const response = await fetch(`${started.url}/trpc/sessions.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sessionInput()),
    });
    return response.status;
  });
  const answers = Promise.all(calls);
  await expect.poll(() => waitEvents(database.db)).toContain('Lock');
  started.child.kill('SIGKILL');
  const isReachable = () => fetch(`${started.url}/livez`).then(Boolean, () => false);
  await expect.poll(isReachable).toBe(false);
  await release();
  // On a slow machine, the lock may outlast the timeout of a statement.
  for (const status of await answers) expect([200, 503]).toContain(status);
  await started.exit;
  await expect.poll(() => workers.filter(isRunning)).toEqual([]);
  expect(started.output()).not.toContain('ERR_IPC');
});

test.each([
  {
    cause: '3',
    fault: 'cluster.isWorker && process.exit(3)',
    what: 'ends',
  },
  {
    cause: 'spawn /missing ENOENT',
    fault: 'if (cluster.isPrimary) process.execPath = "/missing"',
    what: 'cannot be created',
  },
])(
  'a worker that $what at every start ends the API, with one line that says so',
  async ({ cause, fault }) => {
    const script = `import cluster from "node:cluster"; ${fault}`;
    const failing = spawnApi({
      ...WORKERS,
      DATABASE_URL: database.url,
      LOG_LEVEL: 'silent',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
    });
    expect(await failing.exit).toBe(1);
    expect(failing.output().trim()).toBe(
      `WEB_CONCURRENCY: a worker has ended 5 times before it served (${cause}); its errors are above`,
    );
    expect(await workersOf(failing)).toEqual([]);
  },
);
