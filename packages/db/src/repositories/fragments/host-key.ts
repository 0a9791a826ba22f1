import { type QueryCreator, sql } from 'kysely';
import type { Tables } from '../../database.ts';

/**
 * Part of a statement with a CTE `host_key`: records the use of the key if the last recorded one is
 * older than a day. Skips a locked key: a wait, while this statement already holds the lock that `host_key`
 * takes, could deadlock with a rotation.
 */
export function touchHostKey(db: QueryCreator<Tables & { host_key: { id: number } }>) {
  return db
    .updateTable('host_keys')
    .set({ used_at: sql<Date>`now()` })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('host_keys as stale')
        .innerJoin('host_key', 'host_key.id', 'stale.id')
        .where('stale.key_hash', 'is not', null)
        .where('stale.used_at', '<', sql<Date>`now() - interval '1 day'`)
        .select('stale.id')
        .forNoKeyUpdate('stale')
        .skipLocked(),
    )
    .returning('id');
}
