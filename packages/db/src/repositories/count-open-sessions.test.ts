import { CompiledQuery, sql } from 'kysely';
import { expect, test } from 'vitest';
import { countOpenSessions } from './sessions.ts';
import { insertSession } from './insert-session.ts';
import { captureQueries, createTestDatabase, expireSessions, newSession } from '../testing.ts';

test('countOpenSessions counts open sessions up to a limit and no expired ones', async () => {
  await using database = await createTestDatabase();
  const { db } = database;
  const expired = newSession();
  for (const session of [expired, newSession(), newSession()]) await insertSession(db, session);
  await expireSessions(db, expired.hostDisplayName);
  expect(await countOpenSessions(db, 100)).toBe(2);
  expect(await countOpenSessions(db, 1)).toBe(1);
});

test('countOpenSessions reads no ended sessions', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 0 });
  const { db, url } = database;
  await sql`
    with host as (insert into users (display_name) values ('Ada') returning id)
    insert into sessions (host_user_id, host_slot, code, title, status, ended_at, expires_at)
    select id, 1, lpad(n::text, 10, '0'), 'T', 'ended', now(), now() + interval '1 h'
    from host, generate_series(1, 20000) n
  `.execute(db);
  await sql`analyze`.execute(db);
  const [query] = await captureQueries(url, (captured) => countOpenSessions(captured, 100_000));
  const explain = CompiledQuery.raw(`explain ${query?.sql}`, [...(query?.parameters ?? [])]);
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>(explain);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index');
  expect(plan).not.toContain('Seq Scan');
});
