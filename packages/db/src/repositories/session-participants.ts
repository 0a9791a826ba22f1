import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerId } from './fragments/caller.ts';
import { SESSION_COLUMNS, SESSION_STATUS } from './fragments/columns.ts';

const participantByToken = prepared((db, parameter: Parameter<{ tokenHash: Buffer }>) =>
  db
    .selectFrom('session_participants as caller')
    .where('caller.id', '=', callerId(parameter('tokenHash', 'bytea')))
    .select(['caller.id', 'caller.session_id', 'caller.role']),
);

/** Who holds the token with that SHA-256: one participant of one session, or nobody. */
export async function findParticipantByToken(db: Database, tokenHash: Buffer) {
  const { rows } = await db.executeQuery(participantByToken({ tokenHash }));
  return rows[0];
}

/** What the first call under an idempotency key did, given the SHA-256 of the key. */
export async function findReplayedParticipant(db: Database, idempotencyKeyHash: Buffer) {
  return await db
    .selectFrom('session_participants as participant')
    .innerJoin('sessions as session', 'session.id', 'participant.session_id')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .innerJoin('users as user', 'user.id', 'participant.user_id')
    .where('participant.idempotency_key_hash', '=', idempotencyKeyHash)
    .where('participant.token_seed', 'is not', null)
    .select([
      ...SESSION_COLUMNS,
      SESSION_STATUS,
      'participant.id as participant_id',
      'participant.role',
      'participant.joined_at',
      'participant.token_seed',
      'participant.blocked_at',
      'user.display_name',
      // What it was at the time.
      sql<'draft' | 'active'>`
        case when session.started_at <= participant.joined_at then 'active' else 'draft' end
      `.as('first_status'),
    ])
    .$narrowType<{ token_seed: Buffer }>()
    .executeTakeFirst();
}

interface ParticipantsAfter {
  sessionId: number;
  /** Microseconds since 1970 of the joining after which the list goes on, and the row. */
  afterMicroseconds: number;
  afterId: number;
  limit: number;
}

const participantsAfter = prepared((db, parameter: Parameter<ParticipantsAfter>) =>
  db
    .selectFrom('session_participants as participant')
    .innerJoin('users as user', 'user.id', 'participant.user_id')
    .where('participant.session_id', '=', parameter('sessionId', 'bigint'))
    .where('participant.blocked_at', 'is', null)
    .where(
      sql<boolean>`(participant.joined_at, participant.id) > (
        'epoch'::timestamptz + ${parameter('afterMicroseconds', 'bigint')} * interval '1 microsecond',
        ${parameter('afterId', 'bigint')}
      )`,
    )
    .orderBy('participant.joined_at')
    .orderBy('participant.id')
    .limit(parameter('limit', 'int'))
    .select(['participant.id', 'participant.role', 'participant.joined_at', 'user.display_name'])
    .select(
      sql<number>`(extract(epoch from participant.joined_at) * 1000000)::bigint`.as('microseconds'),
    ),
);

/** Who takes part in a session, in the order of joining; the host was the first. */
export async function findParticipants(db: Database, after: ParticipantsAfter) {
  const { rows } = await db.executeQuery(participantsAfter(after));
  return rows;
}
