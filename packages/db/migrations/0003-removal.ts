import { type Kysely, sql } from 'kysely';

/**
 * A removed participant loses name, token and key; the row stays, because questions refer to it. A
 * blocked participant keeps them, so that the name stays taken and the token is recognised.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table session_participants
      alter column user_id drop not null,
      alter column token_hash drop not null,
      add column blocked_at timestamptz,
      add constraint session_participants_removed_check check (
        (user_id is null) = (token_hash is null)
        and (user_id is not null or (idempotency_key_hash is null and blocked_at is null))
      ),
      add constraint session_participants_host_check check (
        role <> 'host' or (user_id is not null and blocked_at is null)
      )
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from session_participants where user_id is null`.execute(db);
  await sql`
    alter table session_participants
      drop constraint session_participants_host_check,
      drop constraint session_participants_removed_check,
      drop column blocked_at,
      alter column token_hash set not null,
      alter column user_id set not null
  `.execute(db);
}
