import { deleteOrphanedNames, removeParticipantAsHost } from '@classroom/db';
import type { RemoveParticipantInput, RemovedParticipant } from '@classroom/schema';
import { findSessionAsHost } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';

/**
 * Takes a participant out of an open session: their token is nobody's from then on. With `block`
 * neither the name nor the token comes in again. To do so again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, INVALID_INPUT
 *   when no other participant of the session has that id
 */
export async function removeParticipant(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { code, participantId, block }: RemoveParticipantInput,
  tokenHash: Buffer,
): Promise<RemovedParticipant> {
  const removed = await db.transaction().execute(async (transaction) => {
    const outcome = await removeParticipantAsHost(transaction, {
      code,
      participantId,
      block,
      tokenHash,
    });
    if (outcome?.userId && !outcome.blocked) {
      await deleteOrphanedNames(transaction, [outcome.userId]);
    }
    return outcome;
  });
  if (removed !== undefined) {
    notifyChanged(removed.sessionId);
    return { participantId, blocked: removed.blocked };
  }

  const session = await findSessionAsHost(db, code, tokenHash);
  if (session.status === 'ended') throw new DomainError('SESSION_ENDED');
  throw new DomainError('INVALID_INPUT', {
    fieldErrors: { participantId: ['Must be of somebody who joined this session'] },
  });
}
