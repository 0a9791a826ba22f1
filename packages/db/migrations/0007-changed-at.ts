import { type Kysely, sql } from 'kysely';

/** The time of a session's last change by the database's clock, to measure delivery delay. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions add column changed_at timestamptz not null default now()
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions drop column changed_at`.execute(db);
}
