import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { SESSION_COLUMNS, SESSION_STATUS } from './session-columns.ts';

const participantByToken = prepared((db, parameter: Parameter<{ tokenHash: Buffer }>) =>
  db
    .selectFrom('session_participants')
    .where('token_hash', '=', parameter('tokenHash', 'bytea'))
    .select(['id', 'session_id', 'role']),
);

/** Who holds the token with that SHA-256: one participant of one session, or nobody. */
export async function findParticipantByToken(db: Database, tokenHash: Buffer) {
  const { rows } = await db.executeQuery(participantByToken({ tokenHash }));
  return rows[0];
}

/** What the first call under an idempotency key did, given the SHA-256 of the key. */
export async function findFirstCall(db: Database, idempotencyKeyHash: Buffer) {
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
      'user.display_name',
    ])
    .$narrowType<{ token_seed: Buffer }>()
    .executeTakeFirst();
}
