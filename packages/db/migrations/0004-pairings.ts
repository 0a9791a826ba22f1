import { type Kysely, sql } from 'kysely';

/** Further devices of a host. A row starts as a pairing code; redeeming it sets the token. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table pairings (
      id bigint generated always as identity
        constraint pairings_pkey primary key,
      participant_id bigint not null
        constraint pairings_participant_id_fkey
          references session_participants (id) on delete cascade,
      code_hash bytea not null
        constraint pairings_code_hash_check check (octet_length(code_hash) = 32),
      expires_at timestamptz not null,
      guesses_left smallint not null
        constraint pairings_guesses_left_check check (guesses_left >= 0),
      token_hash bytea
        constraint pairings_token_hash_key unique
        constraint pairings_token_hash_check check (octet_length(token_hash) = 32)
    )
  `.execute(db);
  await sql`create index pairings_participant_id_idx on pairings (participant_id)`.execute(db);

  // Limits a host to one pending code: a new code replaces the previous one.
  await sql`
    create unique index pairings_pending_key on pairings (participant_id) where token_hash is null
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table pairings`.execute(db);
}
