import { deleteOrphanedUsers, leaveSession, removeParticipantAsHost } from '@classroom/db';
import type {
  LeftSession,
  RemoveParticipantInput,
  RemovedParticipant,
  SessionByCodeInput,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

type Deps = Pick<AppContext, 'db' | 'notifyChanged'>;

/**
 * Removes a participant from an open session and revokes their token. With `block`, later joins under
 * the same name or token are refused. Removing a participant again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED,
 *   PARTICIPANT_NOT_FOUND, UNAVAILABLE; INVALID_INPUT when the id is the host's
 */
export async function removeParticipant(
  { db, notifyChanged }: Deps,
  { code, participantId, block }: RemoveParticipantInput,
  tokenHash: Buffer,
): Promise<RemovedParticipant> {
  const removal = { code, participantId, block, tokenHash };
  const outcome = await retryOnConflict(() =>
    db.transaction().execute(async (transaction) => {
      const removed = await removeParticipantAsHost(transaction, removal);
      if (removed.kind === 'removed' && removed.userId !== null && !removed.isBlocked) {
        await deleteOrphanedUsers(transaction, [removed.userId]);
      }
      return removed;
    }),
  );
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'participant-not-found') throw new DomainError('PARTICIPANT_NOT_FOUND');
  if (outcome.kind === 'participant-is-host') {
    throw new DomainError('INVALID_INPUT', {
      fieldErrors: { participantId: ['Must be the id of a participant other than the host'] },
      fieldCodes: { participantId: ['NOT_ALLOWED'] },
    });
  }
  notifyChanged(outcome.sessionId);
  return { participantId, blocked: outcome.isBlocked };
}

/**
 * Takes the caller out of an open session with their pending questions, and revokes the token.
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
