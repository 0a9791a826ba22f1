import { DatabaseError } from 'pg';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { ConflictError, mapConflicts } from './errors.ts';
import { insertSession } from './repositories/insert-session.ts';
import { newSession, useTestDatabase } from './testing.ts';

const database = await useTestDatabase();
await insertSession(database.db, newSession({ hostDisplayName: 'Ada', code: 'CDFGH2' }));
await insertSession(database.db, newSession({ hostDisplayName: 'Ben', code: 'CDFGH3' }));
await sql`
  insert into pairings (participant_id, code_hash, expires_at, guesses_left)
  select id, sha256('1'), now(), 1 from session_participants order by id
`.execute(database.db);
await sql`
  insert into host_keys (key_hash, replaced_key_hash, idempotency_key_hash,
    rotation_idempotency_key_hash, key_seed)
  select sha256(n::text::bytea), sha256(('r' || n)::bytea), sha256(n::text::bytea),
    sha256(n::text::bytea), sha256(n::text::bytea) from generate_series(1, 2) n
`.execute(database.db);
await sql`
  insert into questions
    (session_id, author_id, author_slot, anonymous, body, change_number, idempotency_key_hash)
  select 1, 1, slot, false, 'Why?', slot, sha256(slot::text::bytea) from generate_series(1, 2) slot
`.execute(database.db);
await sql`
  insert into removed_participants select id, user_id, sha256('1'), sha256('1')
  from session_participants
`.execute(database.db);
await sql`insert into question_votes values (1, 1), (2, 1)`.execute(database.db);

/** A statement that violates each constraint. Every table has rows 1 and 2. */
const violations: Record<string, string> = {
  users_pkey: `insert into users (id, display_name) overriding system value values (1, 'Cleo')`,
  users_display_name_key: `insert into users (display_name) values ('Ada')`,
  users_display_name_check: `insert into users (display_name) values ('')`,
  host_keys_pkey: `insert into host_keys (id, key_hash) overriding system value
    values (1, sha256('3'))`,
  host_keys_key_hash_key: `update host_keys set key_hash = sha256('3')`,
  host_keys_key_hash_check: `update host_keys set key_hash = 'short'`,
  host_keys_replaced_key_hash_key: `update host_keys set replaced_key_hash = sha256('3')`,
  host_keys_replaced_key_hash_check: `update host_keys set replaced_key_hash = 'short'`,
  host_keys_idempotency_key_hash_key: `update host_keys set idempotency_key_hash = sha256('3')`,
  host_keys_idempotency_key_hash_check: `update host_keys set idempotency_key_hash = 'short'`,
  host_keys_rotation_idempotency_key_hash_check: `update host_keys
    set rotation_idempotency_key_hash = 'short'`,
  host_keys_key_seed_check: `update host_keys set key_seed = 'short'`,
  host_keys_replay_check: `insert into host_keys (key_hash, key_seed)
    values (sha256('3'), sha256('3'))`,
  host_keys_rotation_check: `update host_keys set replaced_key_hash = null`,
  host_keys_forgotten_check: `update host_keys set key_hash = null`,
  sessions_pkey: `insert into sessions
    (id, host_user_id, host_slot, code, title, expires_at)
    overriding system value values (1, 1, 2, 'CDFGH4', 'T', now() + interval '1 h')`,
  sessions_code_key: `update sessions set code = 'CDFGH3' where code = 'CDFGH2'`,
  sessions_code_check: `update sessions set code = 'cdfgh2' where code = 'CDFGH2'`,
  sessions_host_user_id_fkey: `update sessions set host_user_id = 0 where id = 1`,
  sessions_host_slot_check: `update sessions set host_slot = 4`,
  sessions_host_name_slot_key: `update sessions set host_user_id = 1`,
  sessions_host_key_slot_key: `update sessions set host_key_id = 1`,
  sessions_host_key_id_fkey: `update sessions set host_key_id = 0 where id = 1`,
  sessions_title_check: `update sessions set title = repeat('a', 201)`,
  sessions_status_check: `update sessions set status = 'paused'`,
  sessions_started_at_check: `update sessions set started_at = now()`,
  sessions_ended_at_check: `update sessions set status = 'ended'`,
  sessions_joining_check: `update sessions set joining = 'ajar'`,
  sessions_created_title_check: `update sessions set created_title = ''`,
  sessions_question_count_check: `update sessions set question_count = -1`,
  session_participants_pkey: `insert into session_participants
    (id, session_id, user_id, role, token_hash) overriding system value
    values (1, 1, 2, 'participant', sha256('1'))`,
  session_participants_session_id_fkey: `update session_participants set session_id = 0 where id = 1`,
  session_participants_user_id_fkey: `update session_participants set user_id = 0`,
  session_participants_role_check: `insert into session_participants (session_id, role)
    values (1, 'guest')`,
  session_participants_token_hash_key: `update session_participants set token_hash = sha256('1')`,
  session_participants_token_hash_check: `update session_participants set token_hash = 'short'`,
  session_participants_idempotency_key_hash_key: `update session_participants
    set idempotency_key_hash = sha256('1'), token_seed = sha256('1')`,
  session_participants_idempotency_key_hash_check: `update session_participants
    set idempotency_key_hash = 'short', token_seed = sha256('1')`,
  session_participants_token_seed_check: `update session_participants
    set idempotency_key_hash = sha256('1'), token_seed = 'short' where id = 1`,
  session_participants_replay_check: `update session_participants
    set token_seed = sha256('1') where id = 1`,
  session_participants_session_id_user_id_key: `insert into session_participants
    (session_id, user_id, role, token_hash) values (1, 1, 'participant', sha256('1'))`,
  session_participants_host_key: `insert into session_participants
    (session_id, user_id, role, token_hash) values (1, 2, 'host', sha256('1'))`,
  session_participants_session_slot_check: `update session_participants set session_slot = 1`,
  session_participants_session_slot_key: `insert into session_participants
    (session_id, role, session_slot) select 1, 'participant', 1 from users`,
  session_participants_removed_check: `insert into session_participants
    (session_id, role, token_hash) values (1, 'participant', sha256('1'))`,
  session_participants_device_check: `insert into session_participants
    (session_id, user_id, role, token_hash) values (1, 2, 'moderator', sha256('1'))`,
  session_participants_muted_check: `update session_participants set muted_at = now()`,
  session_participants_name_hash_check: `update session_participants set name_hash = 'short'`,
  session_participants_named_check: `insert into session_participants
    (session_id, role, name_hash) values (1, 'participant', sha256('1'))`,
  session_participants_name_hash_key: `insert into session_participants
    (session_id, user_id, role, token_hash, name_hash)
    select 1, 2, 'participant', sha256('1'), name_hash
    from session_participants where session_id = 1`,
  removed_participants_pkey: `insert into removed_participants
    values (1, 1, sha256('1'), sha256('1'))`,
  removed_participants_participant_id_fkey: `update removed_participants
    set participant_id = 0 where participant_id = 1`,
  removed_participants_user_id_fkey: `update removed_participants set user_id = 0`,
  removed_participants_token_hash_check: `update removed_participants set token_hash = 'short'`,
  removed_participants_name_hash_check: `update removed_participants set name_hash = 'short'`,
  session_participants_host_check: `update session_participants set blocked_at = now()`,
  pairings_pkey: `insert into pairings (id, participant_id, code_hash, expires_at, guesses_left)
    overriding system value values (1, 2, sha256('1'), now(), 1)`,
  pairings_participant_id_fkey: `update pairings set participant_id = 0 where id = 1`,
  pairings_pending_key: `update pairings set participant_id = 1`,
  pairings_code_hash_check: `update pairings set code_hash = 'short'`,
  pairings_guesses_left_check: `update pairings set guesses_left = -1`,
  pairings_role_check: `update pairings set role = 'participant'`,
  pairings_pending_check: `update pairings set code_hash = null`,
  pairings_redeemed_check: `update pairings set role = 'viewer', token_hash = sha256('8')`,
  pairings_revoked_check: `update pairings set revoked_at = now()`,
  pairings_token_hash_key: `update pairings set token_hash = sha256('1')`,
  pairings_token_hash_check: `update pairings set token_hash = 'short'`,
  questions_pkey: `insert into questions
    (id, session_id, author_id, author_slot, anonymous, body, change_number)
    overriding system value values (1, 1, 1, 3, false, 'Why?', 1)`,
  questions_session_id_fkey: `update questions set session_id = 0`,
  questions_author_id_fkey: `update questions set author_id = 0`,
  questions_author_slot_check: `update questions set author_slot = 4 where id = 1`,
  questions_author_slot_key: `update questions set author_slot = 3`,
  questions_body_check: `update questions set body = repeat('a', 281)`,
  questions_status_check: `update questions set status = 'lost', author_slot = null`,
  questions_vote_count_check: `update questions set vote_count = -1`,
  questions_pending_check: `update questions set status = 'hidden'`,
  questions_answered_at_check: `update questions set status = 'answered', author_slot = null`,
  questions_published_check: `update questions set published = false`,
  questions_withdrawn_check: `update questions set body = null`,
  questions_idempotency_key_hash_check: `update questions set idempotency_key_hash = 'short'`,
  questions_idempotency_key_hash_key: `update questions set idempotency_key_hash = sha256('3')`,
  question_votes_pkey: `insert into question_votes values (1, 1)`,
  question_votes_question_id_fkey: `update question_votes set question_id = 0 where question_id = 1`,
  question_votes_participant_id_fkey: `update question_votes set participant_id = 0`,
  migration_compatibility_pkey: `insert into migration_compatibility
    select * from migration_compatibility`,
  migration_compatibility_compatibility_check: `update migration_compatibility
    set compatibility = 'other'`,
};

test.each(Object.entries(violations))('%s refuses a violation', async (constraint, statement) => {
  const error: unknown = await sql
    .raw(statement)
    .execute(database.db)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error).toMatchObject({ constraint });
});

test('mapConflicts turns violations of constraints that decide races into a ConflictError', async () => {
  const violate = (constraint: string) =>
    mapConflicts(sql.raw(violations[constraint] ?? '').execute(database.db));
  for (const constraint of [
    'questions_author_slot_key',
    'sessions_host_user_id_fkey',
    'session_participants_name_hash_key',
  ]) {
    await expect(violate(constraint)).rejects.toBeInstanceOf(ConflictError);
  }
  for (const constraint of ['sessions_code_key', 'sessions_title_check']) {
    await expect(violate(constraint)).rejects.toBeInstanceOf(DatabaseError);
  }
});

test('mapConflicts turns the deletion of a host key that owns a session into a ConflictError', async () => {
  const deletion = sql`delete from host_keys where id = 2`;
  await sql`update sessions set host_key_id = 2 where id = 2`.execute(database.db);
  await expect(mapConflicts(deletion.execute(database.db))).rejects.toBeInstanceOf(ConflictError);
});

test('this file violates every constraint and unique index of the schema', async () => {
  const { rows } = await sql<{ name: string }>`
    select conname as name from pg_constraint
    where connamespace = 'public'::regnamespace and contype <> 'n'
      and conrelid::regclass::text not like 'kysely_%'
    union
    select indexrelid::regclass::text from pg_index
    join pg_class on pg_class.oid = indrelid
    where indisunique and relnamespace = 'public'::regnamespace and relname not like 'kysely_%'
  `.execute(database.db);
  expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(violations).toSorted());
});

test('deleting a session cascades to its participants; a referenced user cannot be deleted', async () => {
  const session = newSession();
  await insertSession(database.db, session);
  const { id, host_user_id } = await database.db
    .selectFrom('sessions')
    .where('code', '=', session.code)
    .select(['id', 'host_user_id'])
    .executeTakeFirstOrThrow();
  const deleteUser = () => database.db.deleteFrom('users').where('id', '=', host_user_id).execute();

  await expect(deleteUser()).rejects.toMatchObject({
    constraint: expect.stringMatching(/user_id_fkey/),
  });
  await database.db.deleteFrom('sessions').where('id', '=', id).execute();
  const left = await database.db
    .selectFrom('session_participants')
    .where('session_id', '=', id)
    .select('id')
    .execute();
  expect(left).toEqual([]);
  await deleteUser();
});
