import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, type Database } from './database.ts';
import { isUnavailable } from './errors.ts';
import { databaseUrlProblem } from './hosts.ts';
import { listen } from './listen.ts';
import { administer, SLOW_MACHINE_TIMEOUTS } from './testing/server.ts';

describe('a database URL', () => {
  test.each([
    'postgres://user:pw@host:5432/db',
    'postgresql://host',
    'postgres://user:p%40,w@a:5432,b:5433/db?target_session_attrs=read-write',
    'postgres://[::1]:5432,b/db?target_session_attrs=primary&sslmode=disable',
    'postgres://a,b/db?target_session_attrs=any',
  ])('%s is valid', (url) => {
    expect(databaseUrlProblem(url)).toBeUndefined();
  });

  test.each([
    'mysql://user:secret@host/db',
    'secret',
    'postgres://user:secret@a:1,/db',
    'postgres://user:secret@,b/db',
    'postgres://user:secret@a:1,b:70000/db',
    'postgres://user:secret@a,b/db?target_session_attrs=standby',
  ])('%s is refused without its content', (url) => {
    expect(databaseUrlProblem(url)).toMatch(/^must (?!.*(secret|standby|70000))/);
  });
});

interface Server {
  host: string;
  url: string;
  close: () => Promise<void>;
}

const CLOSED = '127.0.0.1:1';
const PASSWORD = 'same-on-both-servers';
const servers: Server[] = [];
const [first, second] = [() => serverAt(0), () => serverAt(1)];

function serverAt(index: number): Server {
  const server = servers[index];
  if (server === undefined) throw new Error(`Server ${index} has not been started`);
  return server;
}

async function startServer(): Promise<Server> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-hosts-'));
  const { url, close } = await startEmbeddedPostgres({ dataDir, settings: ['fsync=off'] });
  await administer(url, `alter role classroom password '${PASSWORD}'`);
  const withPassword = new URL(url);
  withPassword.password = PASSWORD;
  return {
    host: withPassword.host,
    url: withPassword.href,
    async close() {
      await close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Makes new transactions of a server read-only, also in connections that are open. */
async function setReadOnly({ url }: Server, isReadOnly: boolean): Promise<void> {
  await administer(url, `alter system set default_transaction_read_only = ${String(isReadOnly)}`);
  await administer(url, 'select pg_reload_conf()');
  await using db = createDatabase(url, SLOW_MACHINE_TIMEOUTS);
  const read = sql<{ state: string }>`select current_setting('transaction_read_only') as state`;
  await expect
    .poll(async () => (await read.execute(db)).rows)
    .toEqual([{ state: isReadOnly ? 'on' : 'off' }]);
}

const urlOf = (hosts: readonly string[], attrs = 'read-write') =>
  `postgres://classroom:${PASSWORD}@${hosts.join()}/postgres?target_session_attrs=${attrs}`;

async function portOf(db: Database): Promise<string> {
  const { rows } = await sql<{ port: string }>`select current_setting('port') as port`.execute(db);
  return `127.0.0.1:${rows[0]?.port}`;
}

const write = (db: Database) => sql`create table if not exists written ()`.execute(db);

describe('connections', () => {
  beforeAll(async () => {
    servers.push(...(await Promise.all([startServer(), startServer()])));
  });

  afterAll(async () => {
    await Promise.all(servers.map(({ close }) => close()));
  });

  beforeEach(async () => {
    await Promise.all(servers.map((server) => setReadOnly(server, false)));
  });

  test('without a requirement, the first host that accepts connections is used', async () => {
    await setReadOnly(first(), true);
    const url = urlOf([CLOSED, first().host, second().host], 'any');
    await using db = createDatabase(url, SLOW_MACHINE_TIMEOUTS);
    const ports = await Promise.all(Array.from({ length: 20 }, () => portOf(db)));
    expect(new Set(ports)).toEqual(new Set([first().host]));
  });

  test.each(['read-write', 'primary'])(
    'with %s, the first host that accepts connections is used while it can be written',
    async (attrs) => {
      await using db = createDatabase(
        urlOf([CLOSED, first().host, second().host], attrs),
        SLOW_MACHINE_TIMEOUTS,
      );
      expect(await portOf(db)).toBe(first().host);
      await write(db);
    },
  );

  test('connections follow the writable server', async () => {
    await setReadOnly(first(), true);
    await using db = createDatabase(urlOf([first().host, second().host]), {
      ...SLOW_MACHINE_TIMEOUTS,
      max: 1,
    });
    expect(await portOf(db)).toBe(second().host);

    await setReadOnly(second(), true);
    await setReadOnly(first(), false);
    // A backend reads the changed setting before one of its next statements.
    const failure = () => write(db).then(() => undefined, isUnavailable);
    await expect.poll(failure).toBe(true);
    expect(await portOf(db)).toBe(first().host);
    await write(db);
  });

  test('without a writable server, statements are unavailable', async () => {
    await Promise.all(servers.map((server) => setReadOnly(server, true)));
    await using db = createDatabase(urlOf([first().host, second().host]), SLOW_MACHINE_TIMEOUTS);
    const failures = await Promise.allSettled(Array.from({ length: 20 }, () => portOf(db)));
    for (const failure of failures) {
      expect(failure.status === 'rejected' && isUnavailable(failure.reason)).toBe(true);
    }
  });

  describe('with a first host that does not respond', () => {
    const silent = createServer((socket) => socket.on('error', () => {}));
    const silentHost = () => {
      const address = silent.address();
      return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    };

    beforeAll(async () => {
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
    });

    afterAll(() => {
      silent.close();
    });

    test('a silent host uses only its share of the connect timeout, and the next host is tried first from then on', async () => {
      const url = urlOf([silentHost(), first().host]);
      await using db = createDatabase(url, { max: 2, connectTimeoutMs: 6_000 });
      expect(await portOf(db)).toBe(first().host);
      const started = performance.now();
      await Promise.all(Array.from({ length: 2 }, () => sql`select pg_sleep(0.1)`.execute(db)));
      expect(performance.now() - started).toBeLessThan(3_000);
    });

    test('all attempts together have one time limit', async () => {
      await using db = createDatabase(urlOf([silentHost(), silentHost(), silentHost()]), {
        max: 1,
        connectTimeoutMs: 600,
      });
      const started = performance.now();
      const failures = await Promise.allSettled(Array.from({ length: 5 }, () => portOf(db)));
      const failedAfter = performance.now() - started;
      for (const failure of failures) {
        expect(failure.status === 'rejected' && isUnavailable(failure.reason)).toBe(true);
      }
      expect(failedAfter).toBeLessThan(5_000);
    });
  });

  test('a listener connects to the next host when the first one refuses', async () => {
    const stop = new AbortController();
    const lost: unknown[] = [];
    const connected = Promise.withResolvers<void>();
    const received = Promise.withResolvers<string>();
    const listening = listen(
      {
        url: urlOf([CLOSED, second().host]),
        channel: 'news',
        onNotification: received.resolve,
        onConnected: connected.resolve,
        onDisconnected: (error) => void lost.push(error),
      },
      stop.signal,
    );
    await connected.promise;
    await administer(second().url, `notify news, 'a change'`);
    expect(await received.promise).toBe('a change');
    expect(lost).toHaveLength(1);
    stop.abort();
    await listening;
  });
});
