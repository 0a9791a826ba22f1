import { type Kysely, sql } from 'kysely';

/** Users, sessions and participants. docs/data-model.md explains each constraint. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table users (
      id bigint generated always as identity
        constraint users_pkey primary key,
      display_name text collate "C" not null
        constraint users_display_name_key unique
        constraint users_display_name_check check (char_length(display_name) between 1 and 100),
      created_at timestamptz not null default now()
    )
  `.execute(db);

  await sql`
    create table sessions (
      id bigint generated always as identity
        constraint sessions_pkey primary key,
      host_user_id bigint not null
        constraint sessions_host_user_id_fkey references users (id) on delete restrict,
      host_slot smallint not null
        constraint sessions_host_slot_check check (host_slot between 1 and 3),
      code text collate "C" not null
        constraint sessions_code_key unique
        constraint sessions_code_check check (code ~ '^[0-9A-Z]{5,10}$'),
      title text not null
        constraint sessions_title_check check (char_length(title) between 1 and 200),
      status text collate "C" not null default 'draft'
        constraint sessions_status_check check (status in ('draft', 'active', 'ended')),
      created_at timestamptz not null default now(),
      started_at timestamptz,
      ended_at timestamptz,
      expires_at timestamptz not null,
      constraint sessions_started_at_check check (
        (status <> 'draft' or started_at is null) and (status <> 'active' or started_at is not null)
      ),
      constraint sessions_ended_at_check check ((status = 'ended') = (ended_at is not null))
    )
  `.execute(db);

  // Limits a host to three open sessions: each of them holds one of three slots.
  await sql`
    create unique index sessions_host_slot_key on sessions (host_user_id, host_slot)
      where status <> 'ended'
  `.execute(db);
  await sql`create index sessions_host_user_id_idx on sessions (host_user_id)`.execute(db);

  await sql`
    create table session_participants (
      id bigint generated always as identity
        constraint session_participants_pkey primary key,
      session_id bigint not null
        constraint session_participants_session_id_fkey references sessions (id) on delete cascade,
      user_id bigint not null
        constraint session_participants_user_id_fkey references users (id) on delete restrict,
      role text collate "C" not null
        constraint session_participants_role_check check (role in ('host', 'participant')),
      joined_at timestamptz not null default now(),
      token_hash bytea not null
        constraint session_participants_token_hash_key unique
        constraint session_participants_token_hash_check check (octet_length(token_hash) = 32),
      idempotency_key_hash bytea
        constraint session_participants_idempotency_key_hash_check
          check (octet_length(idempotency_key_hash) = 32),
      token_seed bytea
        constraint session_participants_token_seed_check check (octet_length(token_seed) = 32),
      constraint session_participants_session_id_user_id_key unique (session_id, user_id),
      constraint session_participants_replay_check
        check ((idempotency_key_hash is null) = (token_seed is null))
    )
  `.execute(db);

  await sql`
    create unique index session_participants_host_key on session_participants (session_id)
      where role = 'host'
  `.execute(db);
  await sql`
    create unique index session_participants_idempotency_key_hash_key
      on session_participants (idempotency_key_hash) where idempotency_key_hash is not null
  `.execute(db);
  await sql`
    create index session_participants_user_id_idx on session_participants (user_id)
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table session_participants, sessions, users`.execute(db);
}
