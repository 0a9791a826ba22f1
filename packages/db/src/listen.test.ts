import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { listen, notify } from './listen.ts';
import { administer, useTestDatabase } from './testing.ts';

const database = await useTestDatabase();
const controller = new AbortController();
const received: string[] = [];
let connected = 0;
let disconnected = 0;

const ended = listen(
  {
    url: database.url,
    channel: 'news "quoted"',
    onNotification: (payload) => void received.push(payload),
    onConnected: () => void (connected += 1),
    onDisconnected: () => void (disconnected += 1),
  },
  controller.signal,
);
afterAll(async () => {
  controller.abort();
  await ended;
});
const send = (payload: string) => notify(database.db, { channel: 'news "quoted"', payload });

/** Sends until it arrives: on a busy machine, the listener may have to reconnect at any time. */
async function expectToArrive(payload: string): Promise<void> {
  await expect
    .poll(async () => {
      await send(payload);
      return received;
    })
    .toContain(payload);
}

test('a notification reaches the listener', async () => {
  await expect.poll(() => connected).toBeGreaterThan(0);
  await expectToArrive('one');
});

test('a terminated connection is replaced, and both changes are reported', async () => {
  const before = { connected, disconnected };
  await administer(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'classroom listener' and datname = current_database()`,
  );
  await expect.poll(() => connected).toBeGreaterThan(before.connected);
  expect(disconnected).toBeGreaterThan(before.disconnected);
  await expectToArrive('two');
});

test('an aborted listener leaves no connection', async () => {
  controller.abort();
  await ended;
  const connections = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where application_name = 'classroom listener' and datname = current_database()
    `.execute(database.db);
    return rows[0]?.count;
  };
  await expect.poll(connections).toBe(0);
});
