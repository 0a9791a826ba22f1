import {
  type TargetRefusal,
  deleteOrphanedUsers,
  leaveSession,
  removeParticipantAsModerator,
  unblockParticipantAsHost,
} from '@classroom/db';
import type {
  LeftSession,
  RemoveParticipantInput,
  RemovedParticipant,
  SessionByCodeInput,
  UnblockParticipantInput,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

type Deps = Pick<AppContext, 'db' | 'notifyChanged'>;

/**
 * Removes a participant from an open session and revokes their token. With `block`, later joins under
 * the same name, in any spelling, or token are refused; it also blocks a participant removed before.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED,
 *   PARTICIPANT_NOT_FOUND, UNAVAILABLE; INVALID_INPUT for the id of the host or a moderator; NAME_TAKEN
 *   when another participant has the name of the removed participant to block
 */
export async function removeParticipant(
  { db, notifyChanged }: Deps,
  { code, participantId, block }: RemoveParticipantInput,
  tokenHash: Buffer,
): Promise<RemovedParticipant> {
  const removal = { code, participantId, block, tokenHash };
  const outcome = await retryOnConflict(() =>
    db.transaction().execute((transaction) => removeParticipantAsModerator(transaction, removal)),
  );
  if (outcome.kind === 'name-taken') {
    const publicMessage =
      'Another participant has this name by now; block that participant instead';
    throw new DomainError('NAME_TAKEN', {}, { publicMessage });
  }
  if (outcome.kind !== 'removed') throw toError(outcome);
  notifyChanged(outcome.sessionId);
  return { participantId, blocked: outcome.isBlocked };
}

/**
 * Lifts a block in an open session. The participant stays removed and may join again under the name.
 * Does nothing for a participant who is not blocked.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED,
 *   PARTICIPANT_NOT_FOUND, UNAVAILABLE; INVALID_INPUT for the id of the host or a moderator
 */
export async function unblockParticipant(
  { db }: Pick<Deps, 'db'>,
  { code, participantId }: UnblockParticipantInput,
  tokenHash: Buffer,
): Promise<RemovedParticipant> {
  const outcome = await retryOnConflict(() =>
    db
      .transaction()
      .execute((transaction) =>
        unblockParticipantAsHost(transaction, { code, participantId, tokenHash }),
      ),
  );
  if (outcome.kind !== 'unblocked') throw toError(outcome);
  return { participantId, blocked: false };
}

function toError(refusal: TargetRefusal): DomainError {
  if (refusal.kind === 'refused') return toDomainError(refusal);
  if (refusal.kind === 'participant-not-found') return new DomainError('PARTICIPANT_NOT_FOUND');
  return new DomainError('INVALID_INPUT', {
    fieldErrors: {
      participantId: ['Must be the id of a participant, not of the host or a moderator'],
    },
    fieldCodes: { participantId: ['INVALID'] },
  });
}

/**
 * Removes the caller from an open session, withdraws the caller's pending questions unless they
 * are anonymous, and revokes the token.
 *
 * @throws DomainError UNAUTHENTICATED, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE; FORBIDDEN for the
 *   host and for participants of other sessions
 */
export async function leave(
  { db, notifyChanged }: Deps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<LeftSession> {
  const outcome = await retryOnConflict(() =>
    db.transaction().execute(async (transaction) => {
      const left = await leaveSession(transaction, { code, tokenHash });
      if (left.kind === 'left' && left.userId !== null) {
        await deleteOrphanedUsers(transaction, [left.userId]);
      }
      return left;
    }),
  );
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  notifyChanged(outcome.sessionId);
  return { code };
}
