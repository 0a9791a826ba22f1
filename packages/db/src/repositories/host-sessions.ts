import { type Nullable, sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type Refusal, refused } from './fragments/access.ts';
import {
  ONE_ROW,
  SESSION_COLUMNS,
  SESSION_STATUS,
  type Session,
  toSession,
} from './fragments/columns.ts';
import { touchHostKey } from './fragments/host-key.ts';

/** Finds the id of a host key, and records its use. */
export async function findHostKey(db: Database, keyHash: Buffer): Promise<number | undefined> {
  const row = await db
    .with('host_key', (db) =>
      db.selectFrom('host_keys').where('key_hash', '=', keyHash).select('id'),
    )
    .with('touched', touchHostKey)
    .selectFrom('host_key')
    .select('id')
    .executeTakeFirst();
  return row?.id;
}

interface HostSessionsPage {
  hostKeyId: number;
  /** The last session of the previous page, if any. */
  beforeId: number;
  limit: number;
}

/** Returns a page of the sessions of a host key, open and ended, newest first. */
export async function findHostSessions(
  db: Database,
  { hostKeyId, beforeId, limit }: HostSessionsPage,
): Promise<Session[]> {
  return await db
    .selectFrom('sessions as session')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .where('session.host_key_id', '=', hostKeyId)
    .where('session.id', '<', beforeId)
    .orderBy('session.id', 'desc')
    .limit(limit)
    .select([...SESSION_COLUMNS, SESSION_STATUS])
    .execute();
}

export interface SessionEntry {
  code: string;
  /** SHA-256 of the host key. */
  keyHash: Buffer;
  /** SHA-256 of the device's new token. */
  tokenHash: Buffer;
}

/**
 * Adds a device with the role host to a session, open or ended, of a host key.
 *
 * @throws ConflictError
 */
export async function enterSession(
  db: Database,
  { code, keyHash, tokenHash }: SessionEntry,
): Promise<{ kind: 'entered'; session: Session } | Refusal> {
  const row: Nullable<Session> & EntryRow = await db
    .with('host_key', (db) =>
      // Waits for a rotation or deletion of the key in progress, and makes later ones wait.
      db.selectFrom('host_keys').where('key_hash', '=', keyHash).select('id').forKeyShare(),
    )
    .with('touched', touchHostKey)
    // Locked as by `lockCaller`, so that deletions cannot deadlock with it.
    .with('locked_host', (db) =>
      db
        .selectFrom('host_key')
        .innerJoin('sessions as session', 'session.host_key_id', 'host_key.id')
        .innerJoin('session_participants as host', 'host.session_id', 'session.id')
        .where('session.code', '=', code)
        .where('host.role', '=', sql.lit('host'))
        .select('host.id')
        .forKeyShare(['session', 'host']),
    )
    .with('device', (db) =>
      db
        .insertInto('pairings')
        .columns(['participant_id', 'role', 'token_hash', 'redeemed_at'])
        .expression(
          db
            .selectFrom('locked_host')
            .select([
              'locked_host.id',
              sql.lit('host').as('role'),
              sql<Buffer>`cast(${tokenHash} as bytea)`.as('token_hash'),
              sql<Date>`now()`.as('redeemed_at'),
            ]),
        )
        .returning('id'),
    )
    .selectFrom(ONE_ROW)
    .leftJoin('host_key', (join) => join.onTrue())
    .leftJoin('device', (join) => join.onTrue())
    .leftJoin('sessions as session', (join) => join.on('session.code', '=', code))
    .leftJoin('users as host', 'host.id', 'session.host_user_id')
    .leftJoin('session_participants as host_participant', (join) =>
      join
        .onRef('host_participant.session_id', '=', 'session.id')
        .on('host_participant.role', '=', sql.lit('host')),
    )
    .select([...SESSION_COLUMNS, SESSION_STATUS])
    .select(['host_key.id as key_id', 'device.id as device_id'])
    .select('host_participant.id as host_id')
    .executeTakeFirstOrThrow();
  if (row.key_id === null) return refused('unauthenticated');
  const session = toSession(row);
  // The purge deletes the host before the session.
  if (session === undefined || row.host_id === null) return refused('session-not-found');
  if (session.host_key_id !== row.key_id) {
    return refused(session.status === 'ended' ? 'session-not-found' : 'forbidden');
  }
  if (row.device_id === null) throw new ConflictError();
  return { kind: 'entered', session };
}

interface EntryRow {
  key_id: number | null;
  device_id: number | null;
  host_id: number | null;
}
