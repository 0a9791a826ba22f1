import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDatabase, createDatabaseOn, createPool } from '@classroom/db';
import { SLOW_MACHINE_TIMEOUTS, administer, useTestDatabase } from '@classroom/db/testing';
import { fastify } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';
import { registerHealthRoutes } from './health.ts';

const database = await useTestDatabase();

test('/readyz is 200 while callers use every connection of the pool', async () => {
  const { url } = database;
  const pool = createPool(url, { ...SLOW_MACHINE_TIMEOUTS, max: 1 });
  await using db = createDatabaseOn(pool);
  const app = await buildTestApp({ db, pool, url });
  onTestFinished(() => app.close());
  const held = await db.startTransaction().execute();
  const response = await app.inject('/readyz');
  await held.rollback().execute();
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual({ status: 'ok' });
});

test('a thousand parallel requests share one check of the database, and later ones repeat it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let queries = 0;
  const onQuery = () => void (queries += 1);
  const options = { ...SLOW_MACHINE_TIMEOUTS, max: 1, onQuery };
  await using db = createDatabase(database.url, options);
  const app = fastify();
  onTestFinished(() => app.close());
  registerHealthRoutes(app, db, new AbortController().signal);
  const responses = await Promise.all(Array.from({ length: 1_000 }, () => app.inject('/readyz')));
  expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  expect(queries).toBe(1);
  vi.advanceTimersByTime(1_000);
  await app.inject('/readyz');
  expect(queries).toBe(2);
});

test('/readyz is 503 while the database is read-only, and 200 afterwards', async () => {
  const app = await buildTestApp(database);
  onTestFinished(() => app.close());
  const ready = async () => {
    const { statusCode, headers, body } = await app.inject('/readyz');
    return [statusCode, headers['retry-after'], body];
  };
  await expect.poll(ready).toEqual([200, undefined, '{"status":"ok"}']);
  await setReadOnly('on');
  await expect.poll(ready).toEqual([503, '1', '{"status":"database read-only"}']);
  await setReadOnly('off');
  await expect.poll(ready).toEqual([200, undefined, '{"status":"ok"}']);
});

test('/readyz is 503 while the database is unreachable', async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  await using db = createDatabase('postgres://127.0.0.1:1/nobody', { max: 1 });
  registerHealthRoutes(app, db, new AbortController().signal);
  const response = await app.inject('/readyz');
  expect(response.statusCode).toBe(503);
  expect(response.json()).toEqual({ status: 'database unavailable' });
});

test('/readyz is 503 while the process is stopping', async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  registerHealthRoutes(app, database.db, AbortSignal.abort());
  const response = await app.inject('/readyz');
  expect(response.statusCode).toBe(503);
  expect(response.json()).toEqual({ status: 'stopping' });
});

test('docs/operations.md lists the statuses of /readyz with their HTTP statuses', async () => {
  const file = path.resolve(import.meta.dirname, '../../../../docs/operations.md');
  const page = await readFile(file, 'utf8');
  const [, table = ''] = /^\| `status` .+\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const documented = [...table.matchAll(/^\| `([^`]+)` +\| (\d+)/gm)];
  expect(documented.map(([, status, code]) => [status, code])).toEqual([
    ['ok', '200'],
    ['database unavailable', '503'],
    ['database read-only', '503'],
    ['database full', '503'],
    ['stopping', '503'],
  ]);
});

async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await administer(
    database.url,
    `begin read write; alter database ${name} set default_transaction_read_only = ${value}; commit`,
  );
}
