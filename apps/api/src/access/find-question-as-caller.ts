import {
  type Database,
  findParticipantByToken,
  findQuestion,
  type QuestionForCaller,
} from '@classroom/db';
import { DomainError } from '../domain-error.ts';

/**
 * A question that the caller may see, of their own session. One that is hidden is the host's alone
 * to see; one that was withdrawn is given only to its author.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN to those of other sessions
 */
export async function findQuestionAsCaller(
  db: Database,
  questionId: number,
  tokenHash: Buffer,
): Promise<QuestionForCaller> {
  const found = await findQuestion(db, { questionId, tokenHash });
  if (found === undefined) {
    const caller = await findParticipantByToken(db, tokenHash);
    throw new DomainError(caller === undefined ? 'UNAUTHENTICATED' : 'QUESTION_NOT_FOUND');
  }
  const ofSession = found.caller_session_id === found.session_id;
  const isHost = ofSession && found.caller_role === 'host';
  const isAuthor = found.caller_id === found.author_id;
  if (found.status === 'hidden' && !isHost) throw new DomainError('QUESTION_NOT_FOUND');
  if (found.status === 'withdrawn' && !isAuthor) throw new DomainError('QUESTION_NOT_FOUND');
  if (!ofSession) throw new DomainError('FORBIDDEN');
  return found;
}
