import { type ParticipantRole, type SessionJoining, nameKey } from '@classroom/schema';
import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type NameColumns, hashName } from '../hash-name.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import { type Refusal, refused } from './fragments/access.ts';
import { callerId, readerId } from './fragments/caller.ts';
import { ONE_ROW, type Session, findOpenSession, toSession } from './fragments/columns.ts';
import {
  NEW_PARTICIPANT_COLUMNS,
  type TokenColumns,
  findIdempotentReplay,
  tokenValues,
} from './fragments/idempotency.ts';
import { findUserByName, insertUserWhere } from './users.ts';

export interface NewParticipant extends TokenColumns {
  code: string;
  displayName: string;
  /** SHA-256 of the token that the caller presented, if any. */
  callerTokenHash: Buffer | null;
  /** The participant limit of a session, without the host. */
  maxParticipants: number;
}

export interface Participation {
  id: number;
  role: ParticipantRole;
  joinedAt: Date;
  /** The stored name: a participant who joins again may spell it differently. */
  displayName: string;
}

export type InsertParticipantOutcome =
  | { kind: 'added'; session: Session; participant: Participation }
  /** The caller is the participant of that name. */
  | { kind: 'already-joined'; session: Session; participant: Participation }
  /** The host has closed joining. */
  | { kind: 'joining-closed' }
  | { kind: 'name-taken' }
  /** The session has reached its participant limit. */
  | { kind: 'session-full' }
  /** The name or the caller is blocked. */
  | { kind: 'blocked' }
  /** An earlier call used the idempotency key: see `findReplayedParticipant`. */
  | { kind: 'key-used' }
  | Refusal;

const statement = prepared((db, parameter: Parameter<NewParticipant & NameColumns>) => {
  const code = parameter('code', 'text');
  const displayName = parameter('displayName', 'text');
  const callerTokenHash = parameter('callerTokenHash', 'bytea');
  const nameHash = parameter('nameHash', 'bytea');
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;
  const callerIsNotBlocked = sql<boolean>`not exists (select from blocked_caller)`;
  const nameIsFree = sql<boolean>`not exists (select from namesake)`;

  return (
    db
      .with('replayed', findIdempotentReplay(parameter))
      .with('open_session', findOpenSession(code))
      .with('blocked_caller', (db) =>
        db
          .selectFrom('session_participants as caller')
          .innerJoin('open_session', 'open_session.id', 'caller.session_id')
          .where('caller.token_hash', '=', callerTokenHash)
          .where('caller.blocked_at', 'is not', null)
          .select('caller.id'),
      )
      .with('free_slot', findFreeSessionSlot(parameter('maxParticipants', 'int')))
      .with('known_user', findUserByName(displayName))
      // Participants without a hash are found by the exact name.
      .with('namesake', (db) =>
        db
          .selectFrom('session_participants as participant')
          .innerJoin('open_session', 'open_session.id', 'participant.session_id')
          .where('participant.name_hash', '=', nameHash)
          .select('participant.blocked_at')
          .unionAll(
            db
              .selectFrom('session_participants as participant')
              .innerJoin('open_session', 'open_session.id', 'participant.session_id')
              .innerJoin('known_user', 'known_user.id', 'participant.user_id')
              .select('participant.blocked_at'),
          ),
      )
      .with(
        'new_user',
        insertUserWhere(
          displayName,
          sql`
            not exists (select from known_user) and exists (select from free_slot)
            and ${keyIsNew} and ${callerIsNotBlocked} and ${nameIsFree}
          `,
        ),
      )
      .with('joining_user', (db) =>
        db.selectFrom('known_user').select('id').unionAll(db.selectFrom('new_user').select('id')),
      )
      .with('added', (db) =>
        db
          .insertInto('session_participants')
          .columns([...NEW_PARTICIPANT_COLUMNS, 'session_slot'])
          .expression(
            db
              .selectFrom(['open_session', 'joining_user', 'free_slot'])
              .where(keyIsNew)
              .where(callerIsNotBlocked)
              .where(nameIsFree)
              .select([
                'open_session.id',
                'joining_user.id as user_id',
                nameHash.as('name_hash'),
                sql.lit('participant').as('role'),
                ...tokenValues(parameter),
                'free_slot.slot',
              ]),
          )
          .returning(['id', 'joined_at']),
      )
      .selectFrom(ONE_ROW)
      .leftJoin('open_session', (join) => join.onTrue())
      .leftJoin('added', (join) => join.onTrue())
      .leftJoin('session_participants as caller', (join) =>
        join
          .on('caller.id', '=', callerId(callerTokenHash))
          .onRef('caller.session_id', '=', 'open_session.id'),
      )
      .leftJoin('users as caller_user', 'caller_user.id', 'caller.user_id')
      .selectAll('open_session')
      .select((eb) => [
        'added.id as added_id',
        'added.joined_at as added_at',
        'caller.id as caller_id',
        'caller.role as caller_role',
        'caller.joined_at as caller_joined_at',
        'caller_user.display_name as caller_name',
        sql<boolean>`not ${nameIsFree}`.as('name_taken'),
        sql<boolean>`exists (select from namesake where blocked_at is not null)`.as('name_blocked'),
        sql<boolean>`not ${callerIsNotBlocked}`.as('caller_blocked'),
        sql<boolean>`not ${keyIsNew}`.as('key_used'),
        sql<boolean>`exists (select from free_slot)`.as('slot_is_free'),
        eb
          .exists(
            eb
              .selectFrom('session_participants as caller')
              .innerJoin('sessions as session', 'session.id', 'caller.session_id')
              .where('caller.id', '=', readerId(callerTokenHash))
              .where('session.code', '=', code)
              .select('caller.id'),
          )
          .as('caller_is_participant'),
      ])
  );
});

/**
 * Adds a participant to an open session under a name that is free in it in any spelling, if the session
 * has a free slot, in one statement and one round trip.
 *
 * @throws ConflictError
 */
export async function insertParticipant(
  db: Database,
  values: NewParticipant,
): Promise<InsertParticipantOutcome> {
  const { displayName } = values;
  const row = await executeOne(db, statement({ ...values, nameHash: hashName(displayName) }));
  const { added_id: addedId, added_at: addedAt } = row;
  const session = toSession(row);
  if (session !== undefined && addedId !== null && addedAt !== null) {
    const participant = {
      id: addedId,
      role: 'participant',
      joinedAt: addedAt,
      displayName,
    } as const;
    return { kind: 'added', session, participant };
  }
  const caller = toNamedCaller(row, displayName);
  if (row.caller_blocked || (caller === undefined && row.name_blocked)) return { kind: 'blocked' };
  if (row.key_used) return { kind: 'key-used' };
  if (session === undefined) {
    return refused(row.caller_is_participant ? 'session-ended' : 'session-not-found');
  }
  if (caller !== undefined) return { kind: 'already-joined', session, participant: caller };
  if (session.joining === 'closed') return { kind: 'joining-closed' };
  if (!row.slot_is_free) return { kind: 'session-full' };
  if (!row.name_taken) throw new ConflictError();
  return { kind: 'name-taken' };
}

interface CallerRow {
  caller_id: number | null;
  caller_role: ParticipantRole | null;
  caller_joined_at: Date | null;
  caller_name: string | null;
}

/** Returns the caller if `displayName` is a spelling of the caller's own name. */
function toNamedCaller(row: CallerRow, displayName: string): Participation | undefined {
  const { caller_id: id, caller_role: role, caller_joined_at: joinedAt, caller_name: name } = row;
  if (id === null || role === null || joinedAt === null || name === null) return undefined;
  if (nameKey(name) !== nameKey(displayName)) return undefined;
  return { id, role, joinedAt, displayName: name };
}

/**
 * Part of a statement: a slot from 1 to `slots` that no participant of `open_session` takes, if joining
 * is open. Probes from a random slot, so that parallel joins seldom conflict.
 */
function findFreeSessionSlot(slots: Expression<number>) {
  return (db: QueryCreator<Tables & { open_session: { id: number; joining: SessionJoining } }>) =>
    db
      .with('random_slot', (db) =>
        db.selectNoFrom(sql<number>`floor(random() * ${slots})::int`.as('slot')),
      )
      .selectFrom('open_session')
      .innerJoin('random_slot', (join) => join.onTrue())
      // A select list produces the series row by row; a FROM clause would materialise it.
      .innerJoin(
        sql<{ n: number }>`(select generate_series(0, ${slots} - 1) as n)`.as('step'),
        (join) => join.onTrue(),
      )
      .innerJoinLateral(
        sql<{ slot: number }>`(select (random_slot.slot + step.n) % ${slots} + 1 as slot)`.as(
          'slot',
        ),
        (join) => join.onTrue(),
      )
      // Scalar subquery: with `not exists` the planner may scan all participants.
      .where((eb) =>
        eb(
          eb
            .selectFrom('session_participants as holder')
            .whereRef('holder.session_id', '=', 'open_session.id')
            .whereRef('holder.session_slot', '=', 'slot.slot')
            .select('holder.id'),
          'is',
          null,
        ),
      )
      .where('open_session.joining', '=', sql.lit('open'))
      .select('slot.slot')
      .limit(sql.lit(1));
}
