import type { ParticipantRole, SessionJoining } from '@classroom/schema';
import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import { type Refusal, refused } from './fragments/access.ts';
import { callerId } from './fragments/caller.ts';
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

const statement = prepared((db, parameter: Parameter<NewParticipant>) => {
  const code = parameter('code', 'text');
  const displayName = parameter('displayName', 'text');
  const callerTokenHash = parameter('callerTokenHash', 'bytea');
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;
  const callerIsNotBlocked = sql<boolean>`not exists (select from blocked_caller)`;

  return db
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
    .with(
      'new_user',
      insertUserWhere(
        displayName,
        sql`not exists (select from known_user) and exists (select from free_slot) and ${keyIsNew} and ${callerIsNotBlocked}`,
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
            .select([
              'open_session.id',
              'joining_user.id as user_id',
              sql.lit('participant').as('role'),
              ...tokenValues(parameter),
              'free_slot.slot',
            ]),
        )
        // No row when a parallel call takes the name first. A slot conflict rolls back the statement.
        .onConflict((conflict) => conflict.columns(['session_id', 'user_id']).doNothing())
        .returning(['id', 'joined_at']),
    )
    .selectFrom(ONE_ROW)
    .leftJoin('open_session', (join) => join.onTrue())
    .leftJoin('added', (join) => join.onTrue())
    .leftJoin('known_user', (join) => join.onTrue())
    .leftJoin('session_participants as namesake', (join) =>
      join
        .onRef('namesake.session_id', '=', 'open_session.id')
        .onRef('namesake.user_id', '=', 'known_user.id'),
    )
    .selectAll('open_session')
    .select((eb) => [
      'added.id as added_id',
      'added.joined_at as added_at',
      'namesake.id as namesake_id',
      'namesake.role as namesake_role',
      'namesake.joined_at as namesake_joined_at',
      sql<boolean>`namesake.id = ${callerId(callerTokenHash)}`.as('is_caller'),
      sql<boolean>`namesake.blocked_at is not null or not ${callerIsNotBlocked}`.as('is_blocked'),
      sql<boolean>`not ${keyIsNew}`.as('key_used'),
      sql<boolean>`exists (select from free_slot)`.as('slot_is_free'),
      eb
        .exists(
          eb
            .selectFrom('session_participants as caller')
            .innerJoin('sessions as session', 'session.id', 'caller.session_id')
            .where('caller.id', '=', callerId(callerTokenHash))
            .where('session.code', '=', code)
            .select('caller.id'),
        )
        .as('caller_is_participant'),
    ]);
});

/**
 * Adds a participant to an open session under a name that is free in it, if the session has a free
 * slot, in one statement and one round trip.
 *
 * @throws ConflictError
 */
export async function insertParticipant(
  db: Database,
  values: NewParticipant,
): Promise<InsertParticipantOutcome> {
  const row = await executeOne(db, statement(values));
  const { added_id: addedId, added_at: addedAt } = row;
  const session = toSession(row);
  if (session !== undefined && addedId !== null && addedAt !== null) {
    const participant = { id: addedId, role: 'participant', joinedAt: addedAt } as const;
    return { kind: 'added', session, participant };
  }
  if (row.is_blocked) return { kind: 'blocked' };
  if (row.key_used) return { kind: 'key-used' };
  if (session === undefined) {
    return refused(row.caller_is_participant ? 'session-ended' : 'session-not-found');
  }
  if (!row.is_caller && session.joining === 'closed') return { kind: 'joining-closed' };
  if (!row.is_caller && !row.slot_is_free) return { kind: 'session-full' };
  const { namesake_id: id, namesake_role: role, namesake_joined_at: joinedAt } = row;
  if (id === null || role === null || joinedAt === null) throw new ConflictError();
  if (!row.is_caller) return { kind: 'name-taken' };
  return { kind: 'already-joined', session, participant: { id, role, joinedAt } };
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
