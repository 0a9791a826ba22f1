import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createDatabase } from './database.ts';
import { administer, createTestDatabase } from './testing.ts';
import { isUnavailable } from './errors.ts';

const sleep = (seconds: number) => sql`select pg_sleep(${seconds})`;

/** Returns the error of a statement, or undefined when it succeeds. */
const failureOf = (statement: Promise<unknown>): Promise<unknown> =>
  statement.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a backend terminated within a transaction does not end the process', async () => {
  await using database = await createTestDatabase();
  const { db, url } = database;
  const failure: unknown = await db
    .transaction()
    .execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
        transaction,
      );
      await administer(url, `select pg_terminate_backend(${rows[0]?.pid})`);
      await sql`select 1`.execute(transaction);
    })
    .catch((error: unknown) => error);
  expect(isUnavailable(failure)).toBe(true);
  await sql`select 1`.execute(db);
});

test('backends terminated while idle do not end the process', async () => {
  await using database = await createTestDatabase({ max: 5 });
  const { db, url } = database;
  await Promise.all(Array.from({ length: 5 }, () => sleep(0.01).execute(db)));
  await administer(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await expect
    .poll(() =>
      sql`select 1`.execute(db).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
});

test('a statement that exceeds its timeout is cancelled on the server', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 100 });
  let failure: unknown;
  // On a busy machine, the error may arrive after the client has given up.
  await expect
    .poll(async () => {
      failure = await failureOf(sleep(30).execute(database.db));
      return failure;
    })
    .toMatchObject({ code: '57014' });
  expect(isUnavailable(failure)).toBe(true);
});

test('statements and idle transactions have timeouts', async () => {
  await using database = await createTestDatabase();
  await using db = createDatabase(database.url, { connectTimeoutMs: 30_000 });
  const { rows } = await sql`
    select current_setting('statement_timeout') as statement,
           current_setting('idle_in_transaction_session_timeout') as idle_in_transaction
  `.execute(db);
  expect(rows).toEqual([{ statement: '2s', idle_in_transaction: '5s' }]);
});

test('a statement that waits too long for a connection is unavailable', async () => {
  await using database = await createTestDatabase({ max: 1, connectTimeoutMs: 500 });
  const { db } = database;
  // The timeout also limits how long a slow machine may take to connect.
  await expect.poll(() => failureOf(sql`select 1`.execute(db))).toBeUndefined();
  const failure = await db
    .connection()
    .execute(async () => await failureOf(sql`select 1`.execute(db)));
  expect(isUnavailable(failure)).toBe(true);
});

test('a full queue for connections refuses the next statement immediately', async () => {
  await using database = await createTestDatabase({ max: 1, maxWaiting: 2 });
  await database.db
    .connection()
    .execute(async (connection) => {
      const waiting = [1, 2].map(() => sleep(0).execute(database.db));
      await expect.poll(() => database.pool.usage().waiting).toBe(2);
      const failure: unknown = await sleep(0)
        .execute(database.db)
        .catch((error: unknown) => error);
      expect(isUnavailable(failure)).toBe(true);
      await sleep(0).execute(connection);
      return { waiting };
    })
    .then(({ waiting }) => Promise.all(waiting));
  await sleep(0).execute(database.db);
});

test('connection() keeps one backend while other statements run', async () => {
  await using database = await createTestDatabase({ max: 3 });
  const { db } = database;
  const stop = new AbortController();
  let done = 0;
  const load = Array.from({ length: 12 }, async () => {
    for (; !stop.signal.aborted; done += 1) await sleep(0.001).execute(db);
  });
  const pids = await db.connection().execute(async (connection) => {
    const seen = new Set<number>();
    const readPid = async () => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
        connection,
      );
      for (const { pid } of rows) seen.add(pid);
    };
    const before = done;
    for (let n = 0; n < 300; n += 1) await readPid();
    // The other connections may still be opening.
    await expect.poll(() => done).toBeGreaterThan(before + 20);
    await readPid();
    return seen;
  });
  expect(pids.size).toBe(1);
  stop.abort();
  await Promise.all(load);
});

test('the pool replaces a read-only connection', async () => {
  await using database = await createTestDatabase({ max: 1 });
  const { db, url } = database;
  const name = new URL(url).pathname.slice(1);
  const insert = () => db.insertInto('users').values({ display_name: 'Ada' }).execute();
  await administer(url, `alter database ${name} set default_transaction_read_only = on`);
  const failure: unknown = await insert().catch((error: unknown) => error);
  expect(isUnavailable(failure)).toBe(true);
  await administer(
    url.replace(name, 'postgres'),
    `alter database ${name} reset default_transaction_read_only`,
  );
  await insert();
});

test('a refused connection is unavailable', async () => {
  await using db = createDatabase('postgres://nobody@127.0.0.1:1/nothing');
  const failure: unknown = await sql`select 1`.execute(db).catch((error: unknown) => error);
  expect(isUnavailable(failure)).toBe(true);
});

test('bigint columns are numbers', async () => {
  await using database = await createTestDatabase();
  const { rows } = await sql`select 9007199254740991::bigint as id`.execute(database.db);
  expect(rows).toEqual([{ id: Number.MAX_SAFE_INTEGER }]);
});

test('PostgreSQL prepares a statement once per connection', async () => {
  await using database = await createTestDatabase({ max: 1 });
  const { db } = database;
  const find = () =>
    db.selectFrom('users').select('id').where('display_name', '=', 'Ada').execute();
  await find();
  await find();
  const { rows } = await sql<{ calls: number }>`
    select (generic_plans + custom_plans)::int as calls from pg_prepared_statements
    where statement like '%display_name%' and name <> ''
  `.execute(db);
  expect(rows).toContainEqual({ calls: 2 });
});

test('a transaction does not share its connection; other statements wait for it', async () => {
  await using database = await createTestDatabase({ max: 1 });
  const { db } = database;
  const inTransaction = sql<{
    assigned: boolean;
  }>`select pg_current_xact_id_if_assigned() is not null as assigned`;
  const order: string[] = [];
  const outside = await db.transaction().execute(async (transaction) => {
    await sql`select pg_current_xact_id()`.execute(transaction);
    const statement = inTransaction.execute(db).then(({ rows }) => {
      order.push('statement');
      return rows;
    });
    await sleep(0.1).execute(transaction);
    expect((await inTransaction.execute(transaction)).rows).toEqual([{ assigned: true }]);
    order.push('transaction');
    return { statement };
  });
  expect(await outside.statement).toEqual([{ assigned: false }]);
  expect(order).toEqual(['transaction', 'statement']);
});

test('a transaction starts while other statements keep the pool busy', async () => {
  await using database = await createTestDatabase({ max: 2 });
  const { db } = database;
  const stop = new AbortController();
  let done = 0;
  const load = Array.from({ length: 12 }, async () => {
    for (; !stop.signal.aborted; done += 1) await sleep(0.001).execute(db);
  });
  await expect.poll(() => done).toBeGreaterThan(50);
  for (let n = 0; n < 5; n += 1) {
    await db.transaction().execute((transaction) => sleep(0.001).execute(transaction));
  }
  const before = done;
  await expect.poll(() => done).toBeGreaterThan(before + 50);
  stop.abort();
  await Promise.all(load);
});
