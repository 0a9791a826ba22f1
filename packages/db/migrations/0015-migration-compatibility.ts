import { type Kysely, sql } from 'kysely';

/** Which migrations an older process may run beside. The migrator adds a row with each migration. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table migration_compatibility (
      name text
        constraint migration_compatibility_pkey primary key,
      compatibility text collate "C" not null
        constraint migration_compatibility_compatibility_check
          check (compatibility in ('expand', 'contract'))
    )
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table migration_compatibility`.execute(db);
}
