import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { createDatabase, type Database } from './database.ts';
import { createMigrator, migrateToLatest } from './migrate.ts';
import { MIGRATION_POOL } from './pool.ts';
import { insertSession } from './repositories/insert-session.ts';
import { endSessionAsHost } from './repositories/session-lifecycle.ts';
import { hashName } from './hash-name.ts';
import {
  administer,
  createTestDatabase,
  databaseUrl,
  holdLock,
  insertParticipants,
  insertQuestions,
  MIGRATOR_LOCK,
  newSession,
} from './testing.ts';

const names = Object.keys(migrations);

test('migrations/index.ts lists every migration file in order', async () => {
  const files = await readdir(path.join(import.meta.dirname, '..', 'migrations'));
  const numbered = files
    .filter((file) => /^\d{4}-/.test(file))
    .map((file) => path.parse(file).name);
  expect(names).toEqual(numbered.toSorted());
});

test('five concurrent migrators apply each migration once', async () => {
  await using empty = await createEmptyDatabase();
  const migrators = Array.from({ length: 5 }, () => empty.connect());
  const applied = await Promise.all(migrators.map(migrateToLatest));
  expect(applied.flatMap((result) => result.applied).toSorted()).toEqual(names);
});

test('the backend that holds the advisory lock also migrates while other statements keep both pools busy', async () => {
  await using empty = await createEmptyDatabase();
  const observer = empty.connect();
  const migrators = [empty.connect(), empty.connect()];
  const stop = new AbortController();
  let statements = 0;
  const load = migrators.flatMap((db) =>
    Array.from({ length: 6 }, async () => {
      for (; !stop.signal.aborted; statements += 1) await sql`select pg_sleep(0.001)`.execute(db);
    }),
  );
  const waitForStatements = async () => {
    const before = statements;
    await expect.poll(() => statements).toBeGreaterThan(before + 50);
  };

  const unlock = await holdLock(observer, sql`select pg_advisory_xact_lock(${MIGRATOR_LOCK})`);
  const applied = Promise.all(migrators.map(migrateToLatest));
  await expect.poll(() => advisoryLockPids(observer, { granted: false })).toHaveLength(2);
  await waitForStatements();

  // The migrator that gets the lock next stops at its first query, so that its locks can be read.
  const release = await holdLock(observer, sql`lock table kysely_migration`);
  await unlock();
  await expect.poll(() => tableLockPids(observer, { granted: false })).toHaveLength(1);
  await waitForStatements();
  const [holder] = await advisoryLockPids(observer, { granted: true });
  expect(await tableLockPids(observer, { granted: false })).toEqual([holder]);
  expect(await advisoryLockPids(observer, { granted: false })).toHaveLength(1);

  await release();
  expect((await applied).flatMap((result) => result.applied).toSorted()).toEqual(names);
  expect(await advisoryLockPids(observer, { granted: true })).toEqual([]);
  stop.abort();
  await Promise.all(load);
});

test('every migration can be reverted and applied again', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 0 });
  const migrator = createMigrator(database.db);
  for (const _ of names) expect((await migrator.migrateDown()).error).toBeUndefined();
  const tables = await database.db.introspection.getTables();
  expect(tables).toEqual([]);
  expect(await migrateToLatest(database.db)).toEqual({ applied: names, newer: [] });
});

test('participants and questions of an earlier release count towards the limits of their session', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 0 });
  const { db } = database;
  const open = newSession();
  const ended = newSession();
  for (const session of [open, ended]) {
    await insertSession(db, session);
    const { code } = session;
    await insertParticipants(db, { code, count: 5 });
    await insertQuestions(db, { code, status: 'answered', count: 3 });
    await insertQuestions(db, { code, status: 'withdrawn', count: 4 });
  }
  await sql`
    update session_participants set user_id = null, token_hash = null
    where id = (
      select max(participant.id) from session_participants participant
      join sessions on sessions.id = session_id where code = ${open.code}
    )
  `.execute(db);
  await endSessionAsHost(db, ended);

  const migrator = createMigrator(db);
  expect((await migrator.migrateTo('0007-changed-at')).error).toBeUndefined();
  await migrateToLatest(db);
  const { rows } = await sql`
    select question_count, array(
      select session_slot from session_participants
      where session_id = sessions.id and session_slot is not null order by 1
    ) as slots
    from sessions order by code = ${open.code}
  `.execute(db);
  expect(rows).toEqual([
    { question_count: 0, slots: [] },
    { question_count: 7, slots: [1, 2, 3, 4] },
  ]);
});

test('of participants whose names collide in an open session, the host or else the first keeps the hash', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 0 });
  const { db } = database;
  const migrator = createMigrator(db);
  expect((await migrator.migrateTo('0009-configuration')).error).toBeUndefined();
  const spellings = ['Ms\u200b Smith', 'MS SMITH', 'Ms Smith', 'BEN', 'Ben', 'Ben\u0301', 'Cleo'];
  await sql`insert into users (display_name) select unnest(${spellings}::text[])`.execute(db);
  await sql`
    insert into sessions (host_user_id, host_slot, code, title, status, ended_at, expires_at)
    select id, 1, code, 'T', status, case when status = 'ended' then now() end, now() + interval '1 h'
    from users, (values ('CDFGH2', 'draft'), ('CDFGH3', 'ended')) as session (code, status)
    where display_name = 'Ms Smith'
  `.execute(db);
  // The host is not the first to have joined.
  await sql`
    insert into session_participants (session_id, user_id, role, token_hash, blocked_at)
    select session.id, users.id,
      case when users.id = host_user_id then 'host' else 'participant' end,
      sha256((code || users.id)::bytea), case when display_name = 'BEN' then now() end
    from sessions session, users order by session.id, users.id
  `.execute(db);
  await sql`
    insert into session_participants (session_id, role) select id, 'participant' from sessions
  `.execute(db);

  await migrateToLatest(db);
  const { rows } = await sql<{ code: string; name: string | null; hash: Buffer | null }>`
    select code, display_name as name, name_hash as hash from session_participants participant
    join sessions on sessions.id = session_id left join users on users.id = user_id
    order by code, participant.id
  `.execute(db);
  expect(
    rows.filter(({ code }) => code === 'CDFGH2').map(({ name, hash }) => ({ name, hash })),
  ).toEqual([
    { name: 'Ms\u200b Smith', hash: null },
    { name: 'MS SMITH', hash: null },
    { name: 'Ms Smith', hash: hashName('Ms Smith') },
    { name: 'BEN', hash: hashName('Ben') },
    { name: 'Ben', hash: null },
    { name: 'Ben\u0301', hash: hashName('BEN\u0301') },
    { name: 'Cleo', hash: hashName('cleo') },
    { name: null, hash: null },
  ]);
  const ended = rows.filter(({ code }) => code === 'CDFGH3');
  expect(ended).toHaveLength(8);
  for (const { hash } of ended) expect(hash).toBeNull();
});

async function createEmptyDatabase() {
  const { serverUrl } = inject('testDatabase');
  const name = `test_migrate_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `create database ${name}`);
  const opened: Database[] = [];
  return {
    connect() {
      const url = databaseUrl(serverUrl, name);
      const db = createDatabase(url, { ...MIGRATION_POOL, connectTimeoutMs: 30_000, max: 4 });
      opened.push(db);
      return db;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((db) => db.destroy()));
      await administer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

function advisoryLockPids(db: Database, { granted }: { granted: boolean }): Promise<number[]> {
  return lockPids(db, granted, sql`(classid::bigint << 32 | objid::bigint) = ${MIGRATOR_LOCK}`);
}

function tableLockPids(db: Database, { granted }: { granted: boolean }): Promise<number[]> {
  return lockPids(db, granted, sql`relation = 'kysely_migration'::regclass`);
}

async function lockPids(
  db: Database,
  granted: boolean,
  condition: RawBuilder<unknown>,
): Promise<number[]> {
  const { rows } = await sql<{ pid: number }>`
    select distinct pid from pg_locks
    where database = (select oid from pg_database where datname = current_database())
      and granted = ${granted} and ${condition}
  `.execute(db);
  return rows.map(({ pid }) => pid);
}
