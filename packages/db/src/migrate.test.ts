import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { createDatabase } from './database.ts';
import { createMigrator, migrateToLatest } from './migrate.ts';
import { insertSession } from './repositories/insert-session.ts';
import { endSessionAsHost } from './repositories/session-lifecycle.ts';
import {
  administer,
  createTestDatabase,
  databaseUrl,
  insertParticipants,
  insertQuestions,
  newSession,
} from './testing.ts';

const names = Object.keys(migrations);

test('every migration file is listed, in order', async () => {
  const files = await readdir(path.join(import.meta.dirname, '..', 'migrations'));
  const numbered = files
    .filter((file) => /^\d{4}-/.test(file))
    .map((file) => path.parse(file).name);
  expect(names).toEqual(numbered.toSorted());
});

test('several processes may migrate at once: each migration is applied once', async () => {
  const { serverUrl } = inject('testDatabase');
  const name = `test_migrate_${process.pid}`;
  await administer(serverUrl, `create database ${name}`);
  const databases = Array.from({ length: 5 }, () =>
    createDatabase(databaseUrl(serverUrl, name), { statementTimeoutMs: 0 }),
  );
  try {
    const applied = await Promise.all(databases.map(migrateToLatest));
    expect(applied.flat()).toEqual(names);
  } finally {
    await Promise.all(databases.map((db) => db.destroy()));
    await administer(serverUrl, `drop database ${name} with (force)`);
  }
});

test('migrations can be undone and applied again', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 0 });
  const migrator = createMigrator(database.db);
  for (const _ of names) expect((await migrator.migrateDown()).error).toBeUndefined();
  const tables = await database.db.introspection.getTables();
  expect(tables).toEqual([]);
  expect(await migrateToLatest(database.db)).toEqual(names);
});

test('the participants and questions of an earlier release count towards the limits of their session', async () => {
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
