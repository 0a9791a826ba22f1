import { type Kysely, sql } from 'kysely';

/** A question that is reopened holds no slot, so that reopening cannot fail on its author's limit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table questions
      drop constraint questions_pending_check,
      add constraint questions_pending_check check (author_slot is null or status = 'pending')
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    update questions set status = 'answered', answered_at = coalesce(answered_at, now())
    where status = 'pending' and author_slot is null
  `.execute(db);
  await sql`
    alter table questions
      drop constraint questions_pending_check,
      add constraint questions_pending_check check ((status = 'pending') = (author_slot is not null))
  `.execute(db);
}
