import { chmod, readFile, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedDatabase } from './index.ts';
import { answers, query, settings, temporaryDirectory } from './testing.ts';

/** The process of the server, as the server itself says. */
async function serverPid(url: string): Promise<number> {
  const [row] = await query<{ pid: number }>(
    url,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
  );
  return row?.pid ?? 0;
}

test('what was written is there after a stop and a start', async () => {
  const dataDir = await temporaryDirectory();
  const first = await openEmbeddedDatabase({ dataDir });
  await query(first.url, 'create table kept as select 42 as answer');
  await first.close();
  expect(await answers(first.url)).toBe(false);

  const second = await openEmbeddedDatabase({ dataDir });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.close();
});

test('several that open it at once share one server, and the last to leave stops it', async () => {
  const dataDir = await temporaryDirectory();
  const databases = await Promise.all(
    Array.from({ length: 3 }, () => openEmbeddedDatabase({ dataDir, settings })),
  );
  expect(new Set(databases.map(({ url }) => url)).size).toBe(1);

  for (const { url, close } of databases) {
    expect(await answers(url)).toBe(true);
    await close();
  }
  expect(await answers(databases[0]?.url ?? '')).toBe(false);
});

test('several that leave it at once leave nothing running', async () => {
  const dataDir = await temporaryDirectory();
  const databases = await Promise.all(
    Array.from({ length: 3 }, () => openEmbeddedDatabase({ dataDir, settings })),
  );
  await Promise.all(databases.map(({ close }) => close()));
  expect(await answers(databases[0]?.url ?? '')).toBe(false);
});

test('one that comes while the last one leaves has a server all the same', async () => {
  const dataDir = await temporaryDirectory();
  const first = await openEmbeddedDatabase({ dataDir, settings });
  const [second] = await Promise.all([openEmbeddedDatabase({ dataDir, settings }), first.close()]);
  expect(await answers(second.url)).toBe(true);
  await second.close();
});

test('two data directories never meet', async () => {
  const [one, other] = await Promise.all(
    [await temporaryDirectory(), await temporaryDirectory()].map((dataDir) =>
      openEmbeddedDatabase({ dataDir, settings }),
    ),
  );
  expect(one?.url).not.toBe(other?.url);
  await Promise.all([one?.close(), other?.close()]);
});

test('a server that was killed is started again, with all that it had committed', async () => {
  const dataDir = await temporaryDirectory();
  const first = await openEmbeddedDatabase({ dataDir });
  await query(first.url, 'create table kept as select 42 as answer');
  process.kill(await serverPid(first.url), 'SIGKILL');

  const second = await openEmbeddedDatabase({ dataDir });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.close();
  await first.close();
});

test('interrupted while it is made, it leaves nothing half-made', async () => {
  const dataDir = await temporaryDirectory();
  const interrupted = openEmbeddedDatabase({ dataDir, signal: AbortSignal.timeout(150) });
  await expect(interrupted).rejects.toThrow(/abort/i);
  expect(await readdir(path.join(dataDir, 'cluster'))).toEqual([]);

  const database = await openEmbeddedDatabase({ dataDir, settings });
  expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await database.close();
});

test('its password is needed', async () => {
  const dataDir = await temporaryDirectory();
  const database = await openEmbeddedDatabase({ dataDir, settings });
  const url = new URL(database.url);
  url.password = 'guess';
  await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  await database.close();
});

describe.runIf(process.getuid?.() === 0)('as root, which PostgreSQL refuses', () => {
  test('it runs as another user', async () => {
    const dataDir = await temporaryDirectory();
    const database = await openEmbeddedDatabase({ dataDir, settings });
    const status = await readFile(`/proc/${await serverPid(database.url)}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0');
    await database.close();
  });

  test('it works below a directory that only root may enter, and keeps the data', async () => {
    const closed = await temporaryDirectory();
    await chmod(closed, 0o700);
    const dataDir = path.join(closed, 'checkout', '.data');

    const first = await openEmbeddedDatabase({ dataDir, settings });
    await query(first.url, 'create table kept as select 42 as answer');
    await first.close();

    const second = await openEmbeddedDatabase({ dataDir, settings });
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.close();
    await rm(await realpath(path.join(dataDir, 'cluster')), { recursive: true });
  });
});
