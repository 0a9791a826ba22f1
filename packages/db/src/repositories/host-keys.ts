import { type NotNull, sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError, mapConflicts } from '../errors.ts';
import { type Refusal, refused } from './fragments/access.ts';
import { ONE_ROW } from './fragments/columns.ts';

/** The stored columns of a new host key. */
export interface HostKeyColumns {
  /** SHA-256 of the key. */
  keyHash: Buffer;
  /** SHA-256 of the idempotency key, if any. */
  idempotencyKeyHash: Buffer | null;
  /** The key is derived from this seed and the idempotency key. */
  keySeed: Buffer | null;
}

export type InsertHostKeyOutcome =
  | { kind: 'created' }
  /** An earlier call used the idempotency key. Its key is derived from the seed. */
  | { kind: 'replayed'; keySeed: Buffer }
  /** An earlier call used the idempotency key, and its key has been rotated. */
  | { kind: 'key-used' };

/** Inserts a host key. @throws ConflictError */
export async function insertHostKey(
  db: Database,
  { keyHash, idempotencyKeyHash, keySeed }: HostKeyColumns,
): Promise<InsertHostKeyOutcome> {
  const row = await db
    .with('replayed', (db) =>
      db
        .selectFrom('host_keys')
        .where('idempotency_key_hash', '=', idempotencyKeyHash)
        .select(['id', 'key_seed', 'rotation_idempotency_key_hash']),
    )
    .with('created', (db) =>
      db
        .insertInto('host_keys')
        .columns(['key_hash', 'idempotency_key_hash', 'key_seed'])
        .expression(
          db
            .selectNoFrom([
              sql<Buffer>`cast(${keyHash} as bytea)`.as('key_hash'),
              sql<Buffer | null>`cast(${idempotencyKeyHash} as bytea)`.as('idempotency_key_hash'),
              sql<Buffer | null>`cast(${keySeed} as bytea)`.as('key_seed'),
            ])
            .where(sql<boolean>`not exists (select from replayed)`),
        )
        // No row when a parallel call uses the idempotency key first.
        .onConflict((conflict) => conflict.doNothing())
        .returning('id'),
    )
    .selectFrom(ONE_ROW)
    .leftJoin('created', (join) => join.onTrue())
    .leftJoin('replayed', (join) => join.onTrue())
    .select(['created.id', 'replayed.id as replayed_id', 'replayed.key_seed'])
    .select('replayed.rotation_idempotency_key_hash')
    .executeTakeFirstOrThrow();
  if (row.id !== null) return { kind: 'created' };
  if (row.replayed_id === null) throw new ConflictError();
  const isFirst = row.rotation_idempotency_key_hash === null;
  return isFirst && row.key_seed !== null
    ? { kind: 'replayed', keySeed: row.key_seed }
    : { kind: 'key-used' };
}

export type RotateHostKeyOutcome =
  | { kind: 'rotated' }
  /** The last rotation used the idempotency key. Its key is derived from the seed. */
  | { kind: 'replayed'; keySeed: Buffer }
  | Refusal;

/**
 * Replaces a host key by a new one. A replay presents the replaced key or the new one, with the
 * idempotency key of the rotation.
 *
 * @throws ConflictError
 */
export async function rotateHostKey(
  db: Database,
  hash: Buffer,
  { keyHash, idempotencyKeyHash, keySeed }: HostKeyColumns,
): Promise<RotateHostKeyOutcome> {
  const row = await db
    .with('replayed', (db) =>
      db
        .selectFrom('host_keys')
        .where((eb) => eb.or([eb('key_hash', '=', hash), eb('replaced_key_hash', '=', hash)]))
        .where('rotation_idempotency_key_hash', '=', idempotencyKeyHash)
        .where('key_seed', 'is not', null)
        .select('key_seed')
        .$narrowType<{ key_seed: NotNull }>(),
    )
    .with('rotated', (db) =>
      db
        .updateTable('host_keys')
        .set((eb) => ({
          key_hash: keyHash,
          replaced_key_hash: idempotencyKeyHash === null ? null : eb.ref('key_hash'),
          rotation_idempotency_key_hash: idempotencyKeyHash,
          key_seed: keySeed,
          used_at: sql<Date>`now()`,
        }))
        // Checked again after a parallel rotation.
        .where('key_hash', '=', hash)
        .where(sql<boolean>`not exists (select from replayed)`)
        .returning('id'),
    )
    .selectFrom(ONE_ROW)
    .leftJoin('rotated', (join) => join.onTrue())
    .leftJoin('replayed', (join) => join.onTrue())
    .select(['rotated.id', 'replayed.key_seed'])
    .select((eb) =>
      eb
        .exists(eb.selectFrom('host_keys').where('key_hash', '=', hash).select('id'))
        .as('is_known'),
    )
    .executeTakeFirstOrThrow();
  if (row.id !== null) return { kind: 'rotated' };
  if (row.key_seed !== null) return { kind: 'replayed', keySeed: row.key_seed };
  if (row.is_known) throw new ConflictError();
  return refused('unauthenticated');
}

/**
 * Makes a host key invalid. Deletes its row or, while it owns sessions, everything in it that identifies
 * the key: `deleteUnusedHostKeys` then deletes the row when it owns none.
 *
 * @throws ConflictError
 */
export async function forgetHostKey(
  db: Database,
  keyHash: Buffer,
): Promise<{ kind: 'forgotten' } | Refusal> {
  const ownsSessions = sql<boolean>`
    exists (select from sessions where sessions.host_key_id = host_keys.id)
  `;
  const row = await mapConflicts(
    db
      .with('deleted', (db) =>
        db
          .deleteFrom('host_keys')
          .where('key_hash', '=', keyHash)
          .where((eb) => eb.not(ownsSessions))
          .returning('id'),
      )
      .with('cleared', (db) =>
        db
          .updateTable('host_keys')
          .set({
            key_hash: null,
            replaced_key_hash: null,
            idempotency_key_hash: null,
            rotation_idempotency_key_hash: null,
            key_seed: null,
            used_at: sql<Date>`'-infinity'`,
          })
          .where('key_hash', '=', keyHash)
          .where(ownsSessions)
          .returning('id'),
      )
      .selectFrom('deleted')
      .select('id')
      .unionAll((db) => db.selectFrom('cleared').select('id'))
      .executeTakeFirst(),
  );
  return row === undefined ? refused('unauthenticated') : { kind: 'forgotten' };
}

/** A position in the order of use. */
export interface HostKeyPosition {
  /** As PostgreSQL prints it: `Date` has neither microseconds nor `-infinity`. */
  usedAt: string;
  id: number;
}

/**
 * Deletes the host keys among the next `limit` unused ones that own no session. Skips locked keys: a
 * session is being created with them.
 *
 * @param days the age of the last use; forgotten keys count as older
 * @returns the position to continue from; undefined after the last key
 * @throws ConflictError
 */
export async function deleteUnusedHostKeys(
  db: Database,
  { days, limit, after }: { days: number; limit: number; after?: HostKeyPosition | undefined },
): Promise<HostKeyPosition | undefined> {
  const { usedAt, id } = after ?? { usedAt: '-infinity', id: 0 };
  const isUnused = sql<boolean>`host_keys.used_at < now() - make_interval(days => ${days})`;
  const row = await mapConflicts(
    db
      .with('chunk', (db) =>
        db
          .selectFrom('host_keys')
          .where(isUnused)
          .where((eb) =>
            eb(
              eb.refTuple('used_at', 'id'),
              '>',
              eb.tuple(
                sql<Date>`cast(${usedAt} as timestamptz)`,
                sql<number>`cast(${id} as bigint)`,
              ),
            ),
          )
          .orderBy('used_at')
          .orderBy('id')
          .limit(limit)
          .select(['id', 'used_at']),
      )
      .with('unused', (db) =>
        db
          .selectFrom('host_keys')
          .where('id', 'in', (eb) => eb.selectFrom('chunk').select('chunk.id'))
          .where(isUnused)
          .where(sql<boolean>`not exists (select from sessions where host_key_id = host_keys.id)`)
          .select('id')
          .forUpdate()
          .skipLocked(),
      )
      .with('deleted', (db) =>
        db
          .deleteFrom('host_keys')
          .where('id', 'in', (eb) => eb.selectFrom('unused').select('unused.id')),
      )
      .selectFrom('chunk')
      .select(['id', sql<string>`used_at::text`.as('usedAt')])
      .select(({ fn }) => fn.countAll<number>().over().as('rows'))
      .orderBy('used_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  );
  return row === undefined || row.rows < limit ? undefined : { usedAt: row.usedAt, id: row.id };
}
