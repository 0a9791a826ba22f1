import { HOST_SESSION_LIMIT } from '@classroom/schema';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import {
  NEW_PARTICIPANT_COLUMNS,
  type NewToken,
  idempotentReplay,
  tokenValues,
} from './fragments/idempotency.ts';
import { insertUserWhere, selectUserByName } from './users.ts';

/** The token is its host's. */
export interface NewSession extends NewToken {
  title: string;
  hostDisplayName: string;
  code: string;
  ttlSeconds: number;
}

export type InsertSessionOutcome =
  | { kind: 'opened'; id: number; hostId: number; createdAt: Date }
  /** The key has been used: `findReplayedParticipant` says for what. */
  | { kind: 'key-used' }
  /** Every slot of the host is taken, by sessions that are within their time. */
  | { kind: 'host-full' }
  /** Every slot is taken, and some by sessions past their time: `endExpiredSessions` frees them. */
  | { kind: 'slots-expired' }
  | { kind: 'code-taken' }
  /** A parallel call took the slot, the code or the name first: try again. */
  | { kind: 'conflict' };

const statement = prepared((db, parameter: Parameter<NewSession>) => {
  const hostDisplayName = parameter('hostDisplayName', 'text');
  const code = parameter('code', 'text');
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;

  return db
    .with('replayed', idempotentReplay(parameter))
    .with('known_host', selectUserByName(hostDisplayName))
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
    .with('opened', (db) =>
      db
        .insertInto('sessions')
        .columns(['host_user_id', 'host_slot', 'code', 'title', 'expires_at'])
        .expression(
          db
            .selectFrom(['host', 'free_slot'])
            .where(keyIsNew)
            .select([
              'host.id',
              'free_slot.slot',
              code.as('code'),
              parameter('title', 'text').as('title'),
              sql<Date>`now() + make_interval(secs => ${parameter('ttlSeconds', 'float8')})`.as(
                'expires_at',
              ),
            ]),
        )
        // Whoever came first to the slot or the code keeps it.
        .onConflict((conflict) => conflict.doNothing())
        .returning(['id', 'host_user_id', 'created_at']),
    )
    .with('participant', (db) =>
      db
        .insertInto('session_participants')
        .columns(NEW_PARTICIPANT_COLUMNS)
        .expression(
          db
            .selectFrom('opened')
            .select([
              'opened.id',
              'opened.host_user_id',
              sql.lit('host').as('role'),
              ...tokenValues(parameter),
            ]),
        ),
    )
    .selectFrom(sql`(select)`.as('always'))
    .leftJoin('opened', (join) => join.onTrue())
    .select([
      'opened.id',
      'opened.host_user_id',
      'opened.created_at',
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
 * Resolves or creates the host, takes a free slot, and inserts the session with its host's
 * participant row: all or nothing, in one statement and one round trip.
 *
 * @throws what `isConflict` knows, when a parallel call for another host used the same key first
 *   or deleted the name; the statement has then done nothing
 */
export async function insertSession(
  db: Database,
  session: NewSession,
): Promise<InsertSessionOutcome> {
  const [row] = (await db.executeQuery(statement(session))).rows;
  if (row === undefined) throw new Error('insertSession: a select from one row returned none');
  const { id, host_user_id: hostId, created_at: createdAt } = row;
  if (id !== null && hostId !== null && createdAt !== null) {
    return { kind: 'opened', id, hostId, createdAt };
  }
  if (row.key_used) return { kind: 'key-used' };
  if (row.slots === 'full') return { kind: 'host-full' };
  if (row.slots === 'expired') return { kind: 'slots-expired' };
  return { kind: row.code_taken ? 'code-taken' : 'conflict' };
}
