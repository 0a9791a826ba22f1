import { type Kysely, sql } from 'kysely';

/**
 * Host keys. Sessions of a key count towards the key's three slots, all others towards those of the
 * host's name.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table host_keys (
      id bigint generated always as identity
        constraint host_keys_pkey primary key,
      key_hash bytea
        constraint host_keys_key_hash_key unique
        constraint host_keys_key_hash_check check (octet_length(key_hash) = 32),
      replaced_key_hash bytea
        constraint host_keys_replaced_key_hash_key unique
        constraint host_keys_replaced_key_hash_check check (octet_length(replaced_key_hash) = 32),
      idempotency_key_hash bytea
        constraint host_keys_idempotency_key_hash_key unique
        constraint host_keys_idempotency_key_hash_check
          check (octet_length(idempotency_key_hash) = 32),
      rotation_idempotency_key_hash bytea
        constraint host_keys_rotation_idempotency_key_hash_check
          check (octet_length(rotation_idempotency_key_hash) = 32),
      key_seed bytea
        constraint host_keys_key_seed_check check (octet_length(key_seed) = 32),
      used_at timestamptz not null default now(),
      constraint host_keys_replay_check
        check (key_seed is null or num_nonnulls(idempotency_key_hash, rotation_idempotency_key_hash) > 0),
      constraint host_keys_rotation_check
        check (num_nonnulls(replaced_key_hash, rotation_idempotency_key_hash) = 0
          or num_nulls(replaced_key_hash, rotation_idempotency_key_hash, key_seed) = 0),
      constraint host_keys_forgotten_check
        check (key_hash is not null
          or num_nonnulls(replaced_key_hash, idempotency_key_hash, rotation_idempotency_key_hash, key_seed) = 0)
    )
  `.execute(db);
  await sql`create index host_keys_used_at_idx on host_keys (used_at, id)`.execute(db);

  await sql`
    alter table sessions
      add column host_key_id bigint
        constraint sessions_host_key_id_fkey references host_keys (id) on delete restrict
  `.execute(db);
  await sql`
    create unique index sessions_host_name_slot_key on sessions (host_user_id, host_slot)
      where status <> 'ended' and host_key_id is null
  `.execute(db);
  await sql`
    create unique index sessions_host_key_slot_key on sessions (host_key_id, host_slot)
      where status <> 'ended' and host_key_id is not null
  `.execute(db);
  await sql`drop index sessions_host_slot_key`.execute(db);
  await sql`
    create index sessions_host_key_id_idx on sessions (host_key_id, id)
      where host_key_id is not null
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  // Fails while the sessions of one name take a slot twice.
  await sql`
    create unique index sessions_host_slot_key on sessions (host_user_id, host_slot)
      where status <> 'ended'
  `.execute(db);
  await sql`drop index sessions_host_name_slot_key`.execute(db);
  await sql`alter table sessions drop column host_key_id`.execute(db);
  await sql`drop table host_keys`.execute(db);
}
