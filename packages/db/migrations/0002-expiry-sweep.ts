import { type Kysely, sql } from 'kysely';

/** Finds the open sessions that are past their time without reading the others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index sessions_expires_at_idx on sessions (expires_at) where status <> 'ended'
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index sessions_expires_at_idx`.execute(db);
}
