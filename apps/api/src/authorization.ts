import {
  type Database,
  type QuestionForCaller,
  type Session,
  findParticipantByToken,
  findQuestion,
  findSessionByCode,
} from '@classroom/db';
import type { ParticipantRole } from '@classroom/schema';
import { DomainError } from './errors.ts';

/**
 * The session with that code, for those who take part in it, and as what they do.
 *
 * @throws DomainError UNAUTHENTICATED when nobody holds the token; SESSION_NOT_FOUND when there is
 *   no such session, or it has ended and the caller was not in it; FORBIDDEN to everyone else
 */
export async function findSessionAsParticipant(
  db: Database,
  code: string,
  tokenHash: Buffer,
): Promise<{ session: Session; participantId: number; role: ParticipantRole }> {
  const caller = await findParticipantByToken(db, tokenHash);
  if (caller === undefined) throw new DomainError('UNAUTHENTICATED');
  const session = await findSessionByCode(db, code);
  if (session === undefined) throw new DomainError('SESSION_NOT_FOUND');
  if (caller.session_id !== session.id) {
    throw new DomainError(session.status === 'ended' ? 'SESSION_NOT_FOUND' : 'FORBIDDEN');
  }
  return { session, participantId: caller.id, role: caller.role };
}

/**
 * The session with that code, for its host.
 *
 * @throws DomainError as `findSessionAsParticipant`, and FORBIDDEN to all other participants
 */
export async function findSessionAsHost(
  db: Database,
  code: string,
  tokenHash: Buffer,
): Promise<Session> {
  const { session, role } = await findSessionAsParticipant(db, code, tokenHash);
  if (role !== 'host') throw new DomainError('FORBIDDEN');
  return session;
}

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
