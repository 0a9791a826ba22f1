import { type Kysely, sql } from 'kysely';

/**
 * Moderated sessions, whose questions wait for approval, and muted participants. `published` is false
 * until a question has been shown to everybody.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions
      add column moderated boolean not null default false,
      add column created_moderated boolean
  `.execute(db);
  await sql`
    alter table session_participants
      add column muted_at timestamptz,
      add constraint session_participants_muted_check
        check (muted_at is null or role = 'participant')
  `.execute(db);
  await sql`
    alter table questions
      add column published boolean not null default true,
      drop constraint questions_status_check,
      add constraint questions_status_check
        check (status in ('waiting', 'pending', 'answered', 'hidden', 'withdrawn')),
      drop constraint questions_pending_check,
      add constraint questions_pending_check
        check (author_slot is null or status in ('waiting', 'pending')),
      add constraint questions_published_check check (
        (status <> 'waiting' or not published)
        and (status not in ('pending', 'answered') or published)
      )
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    update questions set status = 'hidden', author_slot = null where status = 'waiting'
  `.execute(db);
  await sql`
    alter table questions
      drop column published,
      drop constraint questions_pending_check,
      add constraint questions_pending_check check (author_slot is null or status = 'pending'),
      drop constraint questions_status_check,
      add constraint questions_status_check
        check (status in ('pending', 'answered', 'hidden', 'withdrawn'))
  `.execute(db);
  await sql`alter table session_participants drop column muted_at`.execute(db);
  await sql`
    alter table sessions drop column created_moderated, drop column moderated
  `.execute(db);
}
