import { type Kysely, sql } from 'kysely';

/** Settings that the host can change, joining and the title, and the source of a duplicate. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions
      add column joining text collate "C" not null default 'open'
        constraint sessions_joining_check check (joining in ('open', 'closed')),
      add column created_title text
        constraint sessions_created_title_check check (char_length(created_title) between 1 and 200),
      add column source_session_id bigint
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions drop column joining, drop column created_title,
    drop column source_session_id`.execute(db);
}
