import { type Kysely, sql } from 'kysely';

/** Indexes ended sessions by their end, for the purge. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index sessions_ended_at_idx on sessions (ended_at) where status = 'ended'
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index sessions_ended_at_idx`.execute(db);
}
