import { type Kysely, sql } from 'kysely';

/** Indexes open sessions by expiry, for the sweep. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index sessions_expires_at_idx on sessions (expires_at) where status <> 'ended'
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index sessions_expires_at_idx`.execute(db);
}
