import { HOST_SESSION_LIMIT, type SessionJoining } from '@classroom/schema';
import { type Expression, type Nullable, type QueryCreator, type SqlBool, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type NameColumns, hashName } from '../hash-name.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import { ONE_ROW, type Session, toSession } from './fragments/columns.ts';
import {
  NEW_PARTICIPANT_COLUMNS,
  type TokenColumns,
  findIdempotentReplay,
  tokenValues,
} from './fragments/idempotency.ts';
import { touchHostKey } from './fragments/host-key.ts';
import { findUserByName, insertUserWhere } from './users.ts';

/** A session, with the token of its host. */
export interface NewSession extends TokenColumns {
  title: string;
  hostDisplayName: string;
  code: string;
  joining: SessionJoining;
  moderated: boolean;
  /** The session to duplicate, if any. */
  sourceSessionId: number | null;
  /** The host key that the session belongs to, by its SHA-256 or its id, if any. */
  hostKey: { hash: Buffer } | { id: number } | null;
  ttlSeconds: number;
}

export type InsertSessionOutcome =
  | { kind: 'created'; session: Session }
  | { kind: 'host-key-unknown' }
  /** An earlier call used the idempotency key: see `findReplayedParticipant`. */
  | { kind: 'key-used'; hostKeyId: number | null }
  /** Open sessions take all slots of the host key or, without one, of the host's name. */
  | { kind: 'host-limit' }
  /** Expired sessions take some of the slots: `endExpiredSessions` frees them. */
  | { kind: 'slots-expired'; hostKeyId: number | null }
  | { kind: 'code-taken' };

interface Values extends Omit<NewSession, 'hostKey'>, NameColumns {
  hostKeyHash: Buffer | null;
  hostKeyId: number | null;
}

interface Row extends Nullable<Pick<Session, 'id' | 'host_user_id' | 'created_at' | 'expires_at'>> {
  host_key_id: number | null;
  key_used: boolean;
  slots: 'free' | 'expired' | 'full';
  code_taken: boolean;
}

/** The slots that a session may take. */
interface Slots {
  hostKeyId: Expression<number | null>;
  mayBeTaken: Expression<boolean>;
  /** Whether a session that has not ended, and for which `condition` holds, takes one of the slots. */
  areTaken: (condition: Expression<SqlBool>) => Expression<SqlBool>;
}

const SLOTS_OF_NAME: Slots = {
  hostKeyId: sql`cast(null as bigint)`,
  mayBeTaken: sql`not exists (select from replayed)`,
  areTaken: (condition) => sql`exists (
    select from sessions where sessions.host_user_id = (select id from known_host)
    and sessions.host_key_id is null and sessions.status <> 'ended' and ${condition}
  )`,
};

const SLOTS_OF_KEY: Slots = {
  hostKeyId: sql`(select id from host_key)`,
  mayBeTaken: sql`exists (select from host_key) and not exists (select from replayed)`,
  areTaken: (condition) => sql`exists (
    select from sessions where sessions.host_key_id = (select id from host_key)
    and sessions.status <> 'ended' and ${condition}
  )`,
};

function insert(db: QueryCreator<Tables>, parameter: Parameter<Values>, slots: Slots) {
  const hostDisplayName = parameter('hostDisplayName', 'text');
  const code = parameter('code', 'text');

  return db
    .with('replayed', findIdempotentReplay(parameter))
    .with('known_host', findUserByName(hostDisplayName))
    .with(
      'new_host',
      insertUserWhere(
        hostDisplayName,
        sql`not exists (select from known_host) and ${slots.mayBeTaken}`,
      ),
    )
    .with('host', (db) =>
      db.selectFrom('known_host').select('id').unionAll(db.selectFrom('new_host').select('id')),
    )
    .with('free_slot', (db) =>
      db
        .selectFrom(
          sql<{ slot: number }>`generate_series(1, ${sql.lit(HOST_SESSION_LIMIT)})`.as<'candidate'>(
            sql`candidate(slot)`,
          ),
        )
        .select('candidate.slot')
        .where((eb) => eb.not(slots.areTaken(sql`sessions.host_slot = candidate.slot`)))
        .orderBy('candidate.slot')
        .limit(sql.lit(1)),
    )
    .with('created', (db) =>
      db
        .insertInto('sessions')
        .columns([
          'host_user_id',
          'host_slot',
          'code',
          'title',
          'joining',
          'moderated',
          'source_session_id',
          'host_key_id',
          'expires_at',
        ])
        .expression(
          db
            .selectFrom(['host', 'free_slot'])
            .where(slots.mayBeTaken)
            .select([
              'host.id',
              'free_slot.slot',
              code.as('code'),
              parameter('title', 'text').as('title'),
              parameter('joining', 'text').as('joining'),
              parameter('moderated', 'boolean').as('moderated'),
              parameter('sourceSessionId', 'bigint').as('source_session_id'),
              sql`${slots.hostKeyId}`.as('host_key_id'),
              sql<Date>`now() + make_interval(secs => ${parameter('ttlSeconds', 'float8')})`.as(
                'expires_at',
              ),
            ]),
        )
        // No row when a parallel call takes the slot or the code first.
        .onConflict((conflict) => conflict.doNothing())
        .returning(['id', 'host_user_id', 'created_at', 'expires_at']),
    )
    .with('participant', (db) =>
      db
        .insertInto('session_participants')
        .columns(NEW_PARTICIPANT_COLUMNS)
        .expression(
          db
            .selectFrom('created')
            .select([
              'created.id',
              'created.host_user_id',
              parameter('nameHash', 'bytea').as('name_hash'),
              sql.lit('host').as('role'),
              ...tokenValues(parameter),
            ]),
        ),
    )
    .selectFrom(ONE_ROW)
    .leftJoin('created', (join) => join.onTrue())
    .select([
      'created.id',
      'created.host_user_id',
      'created.created_at',
      'created.expires_at',
      sql<number | null>`${slots.hostKeyId}`.as('host_key_id'),
      sql<boolean>`exists (select from replayed)`.as('key_used'),
      sql<'free' | 'expired' | 'full'>`
        case
          when exists (select from free_slot) then 'free'
          when ${slots.areTaken(sql`sessions.expires_at <= now()`)} then 'expired'
          else 'full'
        end
      `.as('slots'),
      sql<boolean>`exists (select from sessions where sessions.code = ${code})`.as('code_taken'),
    ]);
}

const withoutKey = prepared((db, parameter: Parameter<Values>) =>
  insert(db, parameter, SLOTS_OF_NAME),
);

const withKey = prepared((db, parameter: Parameter<Values>) =>
  insert(
    db
      .with('host_key', (db) =>
        db
          .selectFrom('host_keys')
          .where((eb) =>
            eb.or([
              eb('key_hash', '=', parameter('hostKeyHash', 'bytea')),
              eb('id', '=', parameter('hostKeyId', 'bigint')),
            ]),
          )
          .select('id')
          // Waits for a rotation or deletion of the key in progress, and makes later ones wait.
          .forKeyShare(),
      )
      .with('touched', touchHostKey),
    parameter,
    SLOTS_OF_KEY,
  ),
);

/**
 * Finds or creates the host, takes a free slot of the host key or, without one, of the host's name, and
 * inserts the session with its host's participant row: all or nothing, in one statement and one round
 * trip.
 *
 * @throws ConflictError
 */
export async function insertSession(
  db: Database,
  { hostKey, ...values }: NewSession,
): Promise<InsertSessionOutcome> {
  const hostKeyHash = hostKey !== null && 'hash' in hostKey ? hostKey.hash : null;
  const hostKeyId = hostKey !== null && 'id' in hostKey ? hostKey.id : null;
  const statement = hostKey === null ? withoutKey : withKey;
  const row: Row = await executeOne(
    db,
    statement({ ...values, nameHash: hashName(values.hostDisplayName), hostKeyHash, hostKeyId }),
  );
  if (hostKey !== null && row.host_key_id === null) return { kind: 'host-key-unknown' };
  const { code, title, joining, moderated, hostDisplayName } = values;
  const session = toSession({
    ...row,
    code,
    title,
    status: 'draft',
    started_at: null,
    ended_at: null,
    joining,
    moderated,
    host_display_name: hostDisplayName,
  });
  if (session !== undefined) return { kind: 'created', session };
  if (row.key_used) return { kind: 'key-used', hostKeyId: row.host_key_id };
  if (row.slots === 'full') return { kind: 'host-limit' };
  if (row.slots === 'expired') return { kind: 'slots-expired', hostKeyId: row.host_key_id };
  if (row.code_taken) return { kind: 'code-taken' };
  throw new ConflictError();
}
