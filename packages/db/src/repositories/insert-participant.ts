import type { ParticipantRole } from '@classroom/schema';
import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerId } from './fragments/caller.ts';
import {
  NEW_PARTICIPANT_COLUMNS,
  type NewToken,
  idempotentReplay,
  tokenValues,
} from './fragments/idempotency.ts';
import { selectOpenSession } from './fragments/open-session.ts';
import type { Session } from './sessions.ts';
import { insertUserWhere, selectUserByName } from './users.ts';

export interface NewParticipant extends NewToken {
  code: string;
  displayName: string;
  /** SHA-256 of the token that the caller presented, if any. */
  callerTokenHash: Buffer | null;
  /** How many participants the session may have; the host is not counted. */
  maxParticipants: number;
}

export interface Participation {
  id: number;
  role: ParticipantRole;
  joinedAt: Date;
}

export type InsertParticipantOutcome =
  | { kind: 'added'; session: Session; participant: Participation }
  /** The name is in the session, and it is the caller's. */
  | { kind: 'caller-is-in'; session: Session; participant: Participation }
  | { kind: 'name-taken' }
  /** The session has as many participants as it may have. */
  | { kind: 'session-full' }
  /** The name or the caller is blocked. */
  | { kind: 'blocked' }
  /** The key has been used: `findReplayedParticipant` says for what. */
  | { kind: 'key-used' }
  /** There is no session with this code that is open. */
  | { kind: 'not-open' }
  /** A parallel call took the name first: try again. */
  | { kind: 'conflict' };

const statement = prepared((db, parameter: Parameter<NewParticipant>) => {
  const displayName = parameter('displayName', 'text');
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;
  const callerIsFree = sql<boolean>`not exists (select from blocked_caller)`;

  return db
    .with('replayed', idempotentReplay(parameter))
    .with('open_session', selectOpenSession(parameter('code', 'text')))
    .with('blocked_caller', (db) =>
      db
        .selectFrom('session_participants as caller')
        .innerJoin('open_session', 'open_session.id', 'caller.session_id')
        .where('caller.token_hash', '=', parameter('callerTokenHash', 'bytea'))
        .where('caller.blocked_at', 'is not', null)
        .select('caller.id'),
    )
    .with('free_slot', freeSessionSlot(parameter('maxParticipants', 'int')))
    .with('known_user', selectUserByName(displayName))
    .with(
      'new_user',
      insertUserWhere(
        displayName,
        sql`not exists (select from known_user) and exists (select from free_slot) and ${keyIsNew} and ${callerIsFree}`,
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
            .where(callerIsFree)
            .select([
              'open_session.id',
              'joining_user.id as user_id',
              sql.lit('participant').as('role'),
              ...tokenValues(parameter),
              'free_slot.slot',
            ]),
        )
        // The first call keeps the name. A slot conflict rolls back the statement, the new user included.
        .onConflict((conflict) => conflict.columns(['session_id', 'user_id']).doNothing())
        .returning(['id', 'joined_at']),
    )
    .selectFrom('open_session')
    .leftJoin('added', (join) => join.onTrue())
    .leftJoin('known_user', (join) => join.onTrue())
    .leftJoin('session_participants as namesake', (join) =>
      join
        .onRef('namesake.session_id', '=', 'open_session.id')
        .onRef('namesake.user_id', '=', 'known_user.id'),
    )
    .selectAll('open_session')
    .select([
      'added.id as added_id',
      'added.joined_at as added_at',
      'namesake.id as namesake_id',
      'namesake.role as namesake_role',
      'namesake.joined_at as namesake_joined_at',
      sql<boolean>`namesake.id = ${callerId(parameter('callerTokenHash', 'bytea'))}`.as(
        'is_caller',
      ),
      sql<boolean>`namesake.blocked_at is not null or not ${callerIsFree}`.as('blocked'),
      sql<boolean>`not ${keyIsNew}`.as('key_used'),
      sql<boolean>`exists (select from free_slot)`.as('slot_is_free'),
    ]);
});

/**
 * Adds a participant to an open session under a name that is free in it, if the session has a slot
 * free, in one statement and one round trip.
 *
 * @throws what `isConflict` knows, when a parallel call took the slot or the key first, or
 *   deleted the session or the name; the statement has then done nothing
 */
export async function insertParticipant(
  db: Database,
  participant: NewParticipant,
): Promise<InsertParticipantOutcome> {
  const [row] = (await db.executeQuery(statement(participant))).rows;
  if (row === undefined) return { kind: 'not-open' };
  const { added_id, added_at, namesake_id, namesake_role, namesake_joined_at, ...rest } = row;
  const { is_caller, key_used, blocked, slot_is_free, ...session } = rest;
  if (added_id !== null && added_at !== null) {
    const added = { id: added_id, role: 'participant', joinedAt: added_at } as const;
    return { kind: 'added', session, participant: added };
  }
  if (blocked) return { kind: 'blocked' };
  if (key_used) return { kind: 'key-used' };
  if (!is_caller && !slot_is_free) return { kind: 'session-full' };
  if (namesake_id === null || namesake_role === null || namesake_joined_at === null) {
    return { kind: 'conflict' };
  }
  if (!is_caller) return { kind: 'name-taken' };
  const caller = { id: namesake_id, role: namesake_role, joinedAt: namesake_joined_at };
  return { kind: 'caller-is-in', session, participant: caller };
}

/**
 * Part of a statement: a slot from 1 to `slots` that no participant of `open_session` holds. Probes
 * from a random slot on, to avoid conflicts between parallel joins.
 */
export function freeSessionSlot(slots: Expression<number>) {
  return (db: QueryCreator<Tables & { open_session: { id: number } }>) =>
    db
      .with('start', (db) =>
        db.selectNoFrom(sql<number>`floor(random() * ${slots})::int`.as('slot')),
      )
      .selectFrom('open_session')
      .innerJoin('start', (join) => join.onTrue())
      // In a select list the series is produced row by row; in a FROM clause it is materialised.
      .innerJoin(
        sql<{ n: number }>`(select generate_series(0, ${slots} - 1) as n)`.as('offset'),
        (join) => join.onTrue(),
      )
      .innerJoinLateral(
        sql<{ slot: number }>`(select ("start".slot + "offset".n) % ${slots} + 1 as slot)`.as(
          'slot',
        ),
        (join) => join.onTrue(),
      )
      // Scalar subquery: for `not exists` the planner may scan all participants.
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
      .select('slot.slot')
      .limit(sql.lit(1));
}
