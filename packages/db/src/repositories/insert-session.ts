import { HOST_SESSION_LIMIT, type SessionJoining } from '@classroom/schema';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
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
import { insertUserWhere, findUserByName } from './users.ts';

/** A session, with the token of its host. */
export interface NewSession extends TokenColumns {
  title: string;
  hostDisplayName: string;
  code: string;
  joining: SessionJoining;
  moderated: boolean;
  /** The session to duplicate, if any. */
  sourceSessionId: number | null;
  ttlSeconds: number;
}

export type InsertSessionOutcome =
  | { kind: 'created'; session: Session }
  /** An earlier call used the idempotency key: see `findReplayedParticipant`. */
  | { kind: 'key-used' }
  /** Open sessions take all slots of the host. */
  | { kind: 'host-limit' }
  /** Expired sessions take some of the slots: `endExpiredSessions` frees them. */
  | { kind: 'slots-expired' }
  | { kind: 'code-taken' };

const statement = prepared((db, parameter: Parameter<NewSession & NameColumns>) => {
  const hostDisplayName = parameter('hostDisplayName', 'text');
  const code = parameter('code', 'text');
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;

  return db
    .with('replayed', findIdempotentReplay(parameter))
    .with('known_host', findUserByName(hostDisplayName))
    .with(
      'new_host',
      insertUserWhere(hostDisplayName, sql`not exists (select from known_host) and ${keyIsNew}`),
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
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('sessions')
                .innerJoin('known_host', 'known_host.id', 'sessions.host_user_id')
                .whereRef('sessions.host_slot', '=', 'candidate.slot')
                .where('sessions.status', '<>', sql.lit('ended'))
                .select('sessions.id'),
            ),
          ),
        )
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
          'expires_at',
        ])
        .expression(
          db
            .selectFrom(['host', 'free_slot'])
            .where(keyIsNew)
            .select([
              'host.id',
              'free_slot.slot',
              code.as('code'),
              parameter('title', 'text').as('title'),
              parameter('joining', 'text').as('joining'),
              parameter('moderated', 'boolean').as('moderated'),
              parameter('sourceSessionId', 'bigint').as('source_session_id'),
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
      sql<boolean>`not ${keyIsNew}`.as('key_used'),
      sql<'free' | 'expired' | 'full'>`
        case
          when exists (select from free_slot) then 'free'
          when exists (
            select from sessions inner join known_host on known_host.id = sessions.host_user_id
            where sessions.status <> 'ended' and sessions.expires_at <= now()
          ) then 'expired'
          else 'full'
        end
      `.as('slots'),
      sql<boolean>`exists (select from sessions where sessions.code = ${code})`.as('code_taken'),
    ]);
});

/**
 * Finds or creates the host, takes a free slot, and inserts the session with its host's participant
 * row: all or nothing, in one statement and one round trip.
 *
 * @throws ConflictError
 */
export async function insertSession(
  db: Database,
  values: NewSession,
): Promise<InsertSessionOutcome> {
  const row = await executeOne(
    db,
    statement({ ...values, nameHash: hashName(values.hostDisplayName) }),
  );
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
    host_key_id: null,
  });
  if (session !== undefined) return { kind: 'created', session };
  if (row.key_used) return { kind: 'key-used' };
  if (row.slots === 'full') return { kind: 'host-limit' };
  if (row.slots === 'expired') return { kind: 'slots-expired' };
  if (row.code_taken) return { kind: 'code-taken' };
  throw new ConflictError();
}
