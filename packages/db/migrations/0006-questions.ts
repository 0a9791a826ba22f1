import { type Kysely, sql } from 'kysely';

/**
 * Questions and votes. Every change in a session gets a sequence number, stored as `change_number` in
 * the row that changed, so that changes after a number are found by an index.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions
      add column change_number bigint not null default 0,
      add column status_change_number bigint not null default 0
  `.execute(db);
  await sql`
    alter table session_participants add column removal_change_number bigint
  `.execute(db);
  await sql`
    create index session_participants_removal_idx
      on session_participants (session_id, removal_change_number)
      where removal_change_number is not null
  `.execute(db);

  await sql`
    create table questions (
      id bigint generated always as identity
        constraint questions_pkey primary key,
      session_id bigint not null
        constraint questions_session_id_fkey references sessions (id) on delete cascade,
      author_id bigint not null
        constraint questions_author_id_fkey references session_participants (id) on delete cascade,
      author_slot smallint
        constraint questions_author_slot_check check (author_slot between 1 and 3),
      anonymous boolean not null,
      body text
        constraint questions_body_check check (char_length(body) between 1 and 280),
      status text collate "C" not null default 'pending'
        constraint questions_status_check
          check (status in ('pending', 'answered', 'hidden', 'withdrawn')),
      pinned boolean not null default false,
      vote_count integer not null default 0
        constraint questions_vote_count_check check (vote_count >= 0),
      created_at timestamptz not null default now(),
      answered_at timestamptz,
      change_number bigint not null,
      idempotency_key_hash bytea
        constraint questions_idempotency_key_hash_check
          check (octet_length(idempotency_key_hash) = 32),
      constraint questions_pending_check check ((status = 'pending') = (author_slot is not null)),
      constraint questions_answered_at_check check (status <> 'answered' or answered_at is not null),
      constraint questions_withdrawn_check check ((status = 'withdrawn') = (body is null))
    )
  `.execute(db);

  // Limits an author to three pending questions: each of them holds one of three slots.
  await sql`
    create unique index questions_author_slot_key on questions (author_id, author_slot)
  `.execute(db);
  await sql`
    create unique index questions_idempotency_key_hash_key
      on questions (idempotency_key_hash) where idempotency_key_hash is not null
  `.execute(db);
  await sql`
    create index questions_top_idx on questions (session_id, pinned desc, vote_count desc, id)
      where status <> 'withdrawn'
  `.execute(db);
  await sql`
    create index questions_newest_idx on questions (session_id, id desc) where status <> 'withdrawn'
  `.execute(db);
  await sql`
    create index questions_change_idx on questions (session_id, change_number)
  `.execute(db);

  await sql`
    create table question_votes (
      question_id bigint not null
        constraint question_votes_question_id_fkey references questions (id) on delete cascade,
      participant_id bigint not null
        constraint question_votes_participant_id_fkey
          references session_participants (id) on delete cascade,
      constraint question_votes_pkey primary key (question_id, participant_id)
    )
  `.execute(db);
  await sql`
    create index question_votes_participant_id_idx on question_votes (participant_id)
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table question_votes, questions`.execute(db);
  await sql`alter table session_participants drop column removal_change_number`.execute(db);
  await sql`
    alter table sessions drop column status_change_number, drop column change_number
  `.execute(db);
}
