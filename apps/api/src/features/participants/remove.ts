import { deleteOrphanedUsers, removeParticipantAsHost } from '@classroom/db';
import type { RemoveParticipantInput, RemovedParticipant } from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Removes a participant from an open session and revokes their token. With `block`, later joins under
 * the same name or token are refused. Removing a participant again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE;
 *   INVALID_INPUT when the id is the host's or not of a participant of the session
 */
export async function removeParticipant(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
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
  if (outcome.kind === 'participant-not-found') {
    throw new DomainError('INVALID_INPUT', {
      fieldErrors: {
        participantId: ['Must be the id of a participant of this session other than the host'],
      },
    });
  }
  notifyChanged(outcome.sessionId);
  return { participantId, blocked: outcome.isBlocked };
}
