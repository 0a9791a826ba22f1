import { type Kysely, sql } from 'kysely';

/**
 * Moderators and viewers: participants without a name, whose tokens are those of their devices. The
 * number of guesses is no longer limited per pairing code; the column remains for older processes, which
 * know only the role host: `pairings_redeemed_check` refuses their redemption of other codes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table session_participants
      drop constraint session_participants_role_check,
      add constraint session_participants_role_check
        check (role in ('host', 'moderator', 'participant', 'viewer')),
      add constraint session_participants_device_check
        check (role in ('host', 'participant') or (user_id is null and session_slot is null))
  `.execute(db);
  await sql`
    alter table pairings
      add column role text collate "C" not null default 'host'
        constraint pairings_role_check check (role in ('host', 'moderator', 'viewer')),
      add column redeemed_at timestamptz,
      add column revoked_at timestamptz,
      alter column guesses_left set default 10,
      alter column code_hash drop not null,
      alter column expires_at drop not null,
      add constraint pairings_pending_check check (
        token_hash is not null or (code_hash is not null and expires_at is not null)
      ),
      add constraint pairings_revoked_check check (token_hash is not null or revoked_at is null),
      add constraint pairings_redeemed_check
        check (role = 'host' or token_hash is null or redeemed_at is not null)
  `.execute(db);
  await sql`
    update pairings set redeemed_at = expires_at - interval '5 minutes' where token_hash is not null
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from pairings where role <> 'host' or code_hash is null or revoked_at is not null
  `.execute(db);
  await sql`delete from session_participants where role in ('moderator', 'viewer')`.execute(db);
  await sql`
    alter table pairings
      drop constraint pairings_redeemed_check,
      drop constraint pairings_revoked_check,
      drop constraint pairings_pending_check,
      alter column expires_at set not null,
      alter column code_hash set not null,
      alter column guesses_left drop default,
      drop column revoked_at,
      drop column redeemed_at,
      drop column role
  `.execute(db);
  await sql`
    alter table session_participants
      drop constraint session_participants_device_check,
      drop constraint session_participants_role_check,
      add constraint session_participants_role_check check (role in ('host', 'participant'))
  `.execute(db);
}
