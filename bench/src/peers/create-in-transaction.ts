import { type Database, type Tables } from '@classroom/db';
import { drawAtRandom } from '../draw.ts';
import { newSession } from '../benchmarks/new-session.ts';
import { type Kysely, sql } from 'kysely';

const LIMIT = 3;

/**
 * A session created as it is usually written with these libraries: a transaction of statements that
 * are built for each call. Counting before inserting would let parallel calls pass the limit; what is
 * measured is the time that it takes.
 */
export async function createInTransaction(db: Kysely<Tables>): Promise<void> {
  const session = newSession(drawAtRandom);
  await db.transaction().execute(async (transaction) => {
    const host = await resolveHost(transaction, session.hostDisplayName);
    const { open } = await transaction
      .selectFrom('sessions')
      .where('host_user_id', '=', host.id)
      .where('status', '<>', 'ended')
      .select(({ fn }) => fn.countAll<number>().as('open'))
      .executeTakeFirstOrThrow();
    if (open >= LIMIT) throw new Error('The host has no place free');
    const { id } = await transaction
      .insertInto('sessions')
      .values({
        host_user_id: host.id,
        host_slot: open + 1,
        code: session.code,
        title: session.title,
        expires_at: sql<Date>`now() + interval '1 day'`,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await transaction
      .insertInto('session_participants')
      .values({ session_id: id, user_id: host.id, role: 'host', token_hash: session.tokenHash })
      .execute();
  });
}

async function resolveHost(db: Database, displayName: string): Promise<{ id: number }> {
  return await db
    .insertInto('users')
    .values({ display_name: displayName })
    .onConflict((conflict) =>
      conflict.column('display_name').doUpdateSet({ display_name: displayName }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
}
