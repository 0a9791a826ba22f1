import { type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  selectSessionAccess,
} from './fragments/access.ts';
import { isHost } from './fragments/caller.ts';
import { SESSION_IS_OPEN, type Value } from './fragments/columns.ts';
import {
  SEQUENCE_OF_NUMBERED,
  SEQUENCE_PER_QUESTION,
  numberAffectedQuestions,
} from './fragments/sequence.ts';

export interface Revocation extends SessionCall {
  deviceId: number;
}

export type RevokeDeviceOutcome =
  /** Revoked by this call or by an earlier one. */
  { kind: 'revoked'; sessionId: number } | { kind: 'device-not-found' } | Refusal;

/** Selects and locks a device that is not revoked, and its participant, if the caller is the host. */
function lockDevice(
  db: QueryCreator<Tables>,
  call: { code: Value<string>; tokenHash: Value<Buffer>; deviceId: Value<number> },
) {
  return (
    db
      .selectFrom('sessions as session')
      .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
      .innerJoin('session_participants as participant', 'participant.session_id', 'session.id')
      .innerJoin('pairings as device', 'device.participant_id', 'participant.id')
      .where('session.code', '=', call.code)
      .where(isHost(call.tokenHash))
      .where('device.id', '=', call.deviceId)
      .where('device.token_hash', 'is not', null)
      .where('device.revoked_at', 'is', null)
      .select(['device.id', 'device.participant_id', 'device.role'])
      .select(['session.id as session_id', 'session.change_number'])
      // Lock order of every change of questions: session, participant, questions, sequence. Writes of
      // a moderator lock the participant too, and check it again after they have waited.
      .forKeyShare('session')
      .forUpdate(['participant', 'device'])
  );
}

const revoke = prepared((db, parameter: Parameter<Revocation>) => {
  const code = parameter('code', 'text');
  const tokenHash = parameter('tokenHash', 'bytea');
  const deviceId = parameter('deviceId', 'bigint');
  return (
    db
      .with('target', (db) => lockDevice(db, { code, tokenHash, deviceId }))
      // Each of these loses its author's name: subscribers receive that as a change.
      .with('affected_questions', (db) =>
        db
          .selectFrom('questions as question')
          .innerJoin('target', 'target.participant_id', 'question.author_id')
          .where('target.role', '=', sql.lit('moderator'))
          .where('question.status', '<>', sql.lit('withdrawn'))
          .where('question.anonymous', '=', sql.lit(false))
          .orderBy('question.id')
          .select('question.id')
          .forNoKeyUpdate('question'),
      )
      .with('sequence', (db) =>
        db
          .updateTable('sessions as session')
          .from('target')
          .whereRef('session.id', '=', 'target.session_id')
          .where(SESSION_IS_OPEN)
          .set(SEQUENCE_PER_QUESTION)
          .returning('session.change_number'),
      )
      .with('revoked_participant', (db) =>
        db
          .updateTable('session_participants as participant')
          .from('target')
          .whereRef('participant.id', '=', 'target.participant_id')
          .set({
            // An ended session has no streams, and takes no further sequence number.
            removal_change_number: sql`
              coalesce((select change_number from sequence), target.change_number)
            `,
          }),
      )
      .with('changed_questions', (db) =>
        db
          .updateTable('questions as question')
          .from('sequence')
          .innerJoin(numberAffectedQuestions(), (join) => join.onTrue())
          .whereRef('question.id', '=', 'numbered.id')
          .set({ change_number: SEQUENCE_OF_NUMBERED }),
      )
      .with('revoked', (db) =>
        db
          .updateTable('pairings')
          .from('target')
          .whereRef('pairings.id', '=', 'target.id')
          .set({ revoked_at: sql`now()` }),
      )
      // The device may have created it, and would come back with it.
      .with('deleted_code', (db) =>
        db
          .deleteFrom('pairings')
          .using('target')
          .whereRef('pairings.participant_id', '=', 'target.participant_id')
          .where('target.role', '=', sql.lit('host'))
          .where('pairings.token_hash', 'is', null),
      )
      .with('access', selectSessionAccess(code, tokenHash))
      .selectFrom('access')
      .selectAll('access')
      .select((eb) =>
        eb
          .exists(
            eb
              .selectFrom('pairings')
              .innerJoin(
                'session_participants as participant',
                'participant.id',
                'pairings.participant_id',
              )
              .where('pairings.id', '=', deviceId)
              .where('pairings.token_hash', 'is not', null)
              .whereRef('participant.session_id', '=', 'access.id')
              .select('pairings.id'),
          )
          .as('device_exists'),
      )
  );
});

/**
 * Revokes the token of a device of a session, open or ended, if the caller is its host. This also removes
 * the participant of a moderator or viewer, and deletes the unredeemed pairing code of a host. Revoking
 * a device again changes nothing. Call it within a transaction.
 */
export async function revokeDeviceAsHost(
  db: Database,
  revocation: Revocation,
): Promise<RevokeDeviceOutcome> {
  // A statement of its own, so that the next one sees the questions submitted under the lock.
  await lockDevice(db, revocation).execute();
  const row = await executeOne(db, revoke(revocation));
  const access = checkSessionAccess(row, { role: 'host' });
  if (access.kind === 'refused') return access;
  if (row.device_exists !== true) return { kind: 'device-not-found' };
  return { kind: 'revoked', sessionId: access.session.id };
}
