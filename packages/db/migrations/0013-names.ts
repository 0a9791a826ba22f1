import { type Kysely, sql } from 'kysely';

/**
 * A hash of each participant's name, and what a later block needs of a removed participant. The hash
 * stands for the key of the name, which can exceed the size limit of an index row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table session_participants
      add column name_hash bytea
        constraint session_participants_name_hash_check check (octet_length(name_hash) = 32),
      add constraint session_participants_named_check
        check (name_hash is null or user_id is not null)
  `.execute(db);
  await sql`
    create table removed_participants (
      participant_id bigint
        constraint removed_participants_pkey primary key
        constraint removed_participants_participant_id_fkey
          references session_participants (id) on delete cascade,
      user_id bigint not null
        constraint removed_participants_user_id_fkey references users (id) on delete restrict,
      token_hash bytea not null
        constraint removed_participants_token_hash_check check (octet_length(token_hash) = 32),
      name_hash bytea not null
        constraint removed_participants_name_hash_check check (octet_length(name_hash) = 32)
    )
  `.execute(db);
  await sql`
    create index removed_participants_user_id_idx on removed_participants (user_id)
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table removed_participants`.execute(db);
  await sql`alter table session_participants drop column name_hash`.execute(db);
}
