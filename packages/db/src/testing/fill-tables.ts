import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Fills the tables with so many rows that a sequential scan is never the cheaper plan. */
export async function fillTables(db: Database): Promise<void> {
  await sql`
    insert into host_keys (key_hash, replaced_key_hash, idempotency_key_hash,
      rotation_idempotency_key_hash, key_seed)
    select sha256(n::text::bytea), sha256((n || 'r')::bytea), sha256(n::text::bytea),
      sha256(n::text::bytea), sha256(n::text::bytea) from generate_series(1, 20000) n
  `.execute(db);
  await sql`
    with host as (
      insert into users (display_name) select 'host ' || n from generate_series(1, 20000) n
      returning id
    ), session as (
      insert into sessions (host_user_id, host_slot, code, title, expires_at, host_key_id)
      select id, 1, lpad(id::text, 10, '0'), 'T', now() + interval '1 h',
        case when id % 2 = 0 then id end from host
      returning id, host_user_id
    )
    insert into session_participants
      (session_id, user_id, role, token_hash, idempotency_key_hash, token_seed, name_hash)
    select id, host_user_id, 'host', sha256(id::text::bytea), sha256(id::text::bytea),
      sha256(id::text::bytea), sha256(id::text::bytea)
    from session
  `.execute(db);
  await sql`
    insert into pairings (participant_id, code_hash, expires_at, guesses_left, token_hash)
    select id, token_hash, now(), 1, token_hash from session_participants
  `.execute(db);
  await sql`
    insert into removed_participants
    select id, user_id, token_hash, name_hash from session_participants
  `.execute(db);
  // Some sessions with a thousand questions each.
  await sql`
    insert into questions
      (session_id, author_id, status, answered_at, anonymous, body, vote_count, change_number)
    select 1 + n % 20, 1 + n, 'answered', now(), false, 'Why?', n % 50, n
    from generate_series(0, 19999) n
  `.execute(db);
  await sql`insert into question_votes select id, 1 + id % 20000 from questions`.execute(db);
  await sql`analyze`.execute(db);
}
