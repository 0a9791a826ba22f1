import { type Kysely, sql } from 'kysely';

/** When the last change of a session was made, by the clock of the database: how late it is heard. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions add column changed_at timestamptz not null default now()
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions drop column changed_at`.execute(db);
}
