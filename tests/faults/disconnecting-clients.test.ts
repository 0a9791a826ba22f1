import { createTestDatabase, waitEvents } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { everyRequest, prepareLesson } from '../src/every-request.ts';
import { expectIdle, expectToServe } from '../src/expect-idle.ts';
import { forEach } from '../src/load.ts';
import { holdLock } from '../src/hold-lock.ts';
import {
  type Disconnection,
  openConnection,
  openServedListener,
  type RawConnection,
  type RawRequest,
  toBytes,
  toText,
} from '../src/raw-http.ts';
import { startApi } from '@classroom/api/start';

const SOCKETS = 80;
const REQUESTS = sized(1_500, 9_000);
const LOCKED_ROUNDS = sized(3, 8);
const STREAMS = sized(300, 1_000);
const HOW: readonly Disconnection[] = ['reset', 'destroy'];

/** Acts as a client until the moment at which it disconnects. */
type Moment = (connection: RawConnection, request: RawRequest, index: number) => Promise<unknown>;

const moments: Record<string, Moment> = {
  'before the head is complete': ({ write }, request) => {
    const { head } = toBytes(request);
    return write(head.slice(0, head.length / 2));
  },
  'before the body': ({ write }, request) => write(toBytes(request).head),
  'in the middle of the body': ({ write }, request) => {
    const { head, body } = toBytes(request);
    return write(head + body.slice(0, body.length / 2));
  },
  'at once after the request': ({ write }, request) => write(toText(request)),
  'while the request is served': async ({ write }, request, index) => {
    await write(toText(request));
    for (let turn = index % 50; turn > 0; turn -= 1) await nextTurn();
  },
  'at the first byte of the response': async ({ write, until }, request) => {
    await write(toText(request));
    expect(await until('HTTP/1.1 '), `a response to ${request.method} ${request.path}`).toBe(true);
  },
  'when the first of four pipelined requests is answered': async ({ write, until }, request) => {
    await write(toText(request).repeat(4));
    expect(await until('HTTP/1.1 '), `a response to ${request.method} ${request.path}`).toBe(true);
  },
};

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Counts the disconnections by kind, and as `tooLate` those that the server closed first. */
function countDisconnections() {
  const counts = { reset: 0, destroy: 0, tooLate: 0 };
  return {
    counts,
    disconnect: async (connection: RawConnection, how: Disconnection) => {
      if (await connection.disconnect(how)) counts[how] += 1;
      else counts.tooLate += 1;
    },
  };
}

async function startServer() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const api = stack.use(await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' }));
  const lesson = await prepareLesson(api);
  const owned = stack.move();
  return { database, api, lesson, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('clients that disconnect at any moment of any request leave every counter at zero', async () => {
  await using server = await startServer();
  const { api, lesson } = server;
  const requests = await everyRequest(api, lesson);
  const { counts, disconnect } = countDisconnections();
  const reached = new Map<string, number>();
  let sent = 0;
  while (sent < REQUESTS) {
    const attempts = Object.entries(moments).flatMap(([name, moment]) =>
      requests()
        .filter(({ body }) => body !== undefined || !name.includes('body'))
        .flatMap((request) => HOW.map((how) => ({ name, moment, request, how }))),
    );
    await forEach(mixed(attempts), SOCKETS, async ({ name, moment, request, how }, index) => {
      const connection = await openConnection(api.url);
      await moment(connection, request, index);
      await disconnect(connection, how);
      reached.set(name, (reached.get(name) ?? 0) + 1);
    });
    sent += attempts.length;
  }
  console.log(`${sent} requests:`, Object.fromEntries(reached), counts);
  expect([...reached.keys()].toSorted()).toEqual(Object.keys(moments).toSorted());
  expect(Math.min(counts.reset, counts.destroy)).toBeGreaterThan(0.4 * sent);
  await expectIdle(api);
  await expectToServe(api);
});

test('clients that disconnect while their calls wait for the database leave every counter at zero', async () => {
  await using server = await startServer();
  const { api, database, lesson } = server;
  const requests = await everyRequest(api, lesson);
  const { counts, disconnect } = countDisconnections();
  const calls = () =>
    mixed(
      requests().filter(({ path, method }) => /^\/(trpc|api)\//.test(path) && method !== 'OPTIONS'),
    );
  for (let round = 0; round < LOCKED_ROUNDS; round += 1) {
    const release = await holdLock(database, 'lock table sessions');
    const waiting: RawConnection[] = [];
    const sendAll = () =>
      forEach(calls(), SOCKETS, async (request) => {
        const connection = await openConnection(api.url);
        await connection.write(toText(request));
        waiting.push(connection);
      });
    await sendAll();
    const waitingForLock = async () => {
      const { length } = (await waitEvents(database.db)).filter((event) => event === 'Lock');
      // A busy server refuses calls at once, and ends those that wait for two seconds.
      if (length === 0) await sendAll();
      return length;
    };
    await expect
      .poll(waitingForLock, {
        message: `calls wait for the lock in round ${round}`,
        timeout: 60_000,
        interval: 200,
      })
      .toBeGreaterThan(5);
    await forEach(waiting, SOCKETS, (connection, index) =>
      disconnect(connection, HOW[index % 2] ?? 'reset'),
    );
    await release();
  }
  console.log('while they waited:', counts);
  expect(Math.min(counts.reset, counts.destroy)).toBeGreaterThan(50 * LOCKED_ROUNDS);
  await expectIdle(api);
  await expectToServe(api);
});

test.each([
  ['as soon as they are connected', 'event: connected'],
  ['after the snapshot', '"type":"snapshot"'],
])('listeners that disconnect %s leave every counter at zero', async (_, text) => {
  await using server = await startServer();
  const { api, lesson } = server;
  const { code, hostToken } = lesson;
  const { counts, disconnect } = countDisconnections();
  const streams = Array.from({ length: STREAMS }, (_each, n) => HOW[n % 2] ?? 'reset');
  let open = 0;
  await forEach(streams, SOCKETS, async (how) => {
    const stream = await openServedListener(api.url, code, hostToken);
    if (await stream.until(text)) open += 1;
    await disconnect(stream, how);
  });
  console.log(`${open} streams were open:`, counts);
  expect(open).toBeGreaterThan(0.5 * STREAMS);
  expect(Math.min(counts.reset, counts.destroy)).toBeGreaterThan(0.25 * STREAMS);
  await expectIdle(api);
  await expectToServe(api);
});

/** Reorders items so that neighbours differ, in the same way each time. */
function mixed<Item>(items: readonly Item[]): Item[] {
  const STEP = 7_919;
  return items
    .map((item, index) => ({ item, place: (index * STEP) % items.length }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
