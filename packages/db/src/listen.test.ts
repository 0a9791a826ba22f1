import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { listen, notify } from './listen.ts';
import { administer, useTestDatabase } from './testing.ts';

const database = await useTestDatabase();
const stop = new AbortController();
const heard: string[] = [];
let listening = 0;
let lost = 0;

const ended = listen(
  {
    url: database.url,
    channel: 'news "quoted"',
    onNotification: (payload) => void heard.push(payload),
    onListening: () => void (listening += 1),
    onLost: () => void (lost += 1),
  },
  stop.signal,
);
afterAll(async () => {
  stop.abort();
  await ended;
});
const say = (payload: string) => notify(database.db, { channel: 'news "quoted"', payload });

test('what is said is heard', async () => {
  await expect.poll(() => listening).toBe(1);
  await say('one');
  await expect.poll(() => heard).toEqual(['one']);
});

test('a connection that is killed is made again, and says so', async () => {
  await administer(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'classroom listener' and datname = current_database()`,
  );
  await expect.poll(() => listening, { timeout: 5_000 }).toBe(2);
  expect(lost).toBeGreaterThan(0);
  await say('two');
  await expect.poll(() => heard).toEqual(['one', 'two']);
});

test('told to stop, it leaves no connection', async () => {
  stop.abort();
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
