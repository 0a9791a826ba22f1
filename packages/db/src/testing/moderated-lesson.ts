import type { Database } from '../database.ts';
import { muteAuthorAsModerator } from '../repositories/author-muting.ts';
import { insertParticipant } from '../repositories/insert-participant.ts';
import { insertQuestion } from '../repositories/insert-question.ts';
import { insertSession } from '../repositories/insert-session.ts';
import { setQuestionStatusAsModerator } from '../repositories/question-moderation.ts';
import { newParticipant, newSession } from './fixtures.ts';

/** Creates a session, moderated by default, with two participants. */
export async function createModeratedLesson(db: Database, { moderated = true } = {}) {
  const session = newSession({ moderated });
  const { code } = session;
  const created = await insertSession(db, session);
  if (created.kind !== 'created') throw new Error(created.kind);
  const join = async () => {
    const participant = newParticipant({ code });
    const joined = await insertParticipant(db, participant);
    if (joined.kind !== 'added') throw new Error(joined.kind);
    return { id: joined.participant.id, tokenHash: participant.tokenHash };
  };
  const [author, other] = [await join(), await join()];
  const submit = (tokenHash = author.tokenHash, anonymous = false) =>
    insertQuestion(db, { code, tokenHash, body: 'Why?', anonymous, idempotencyKeyHash: null });
  const ask = async (tokenHash?: Buffer, anonymous?: boolean) => {
    const outcome = await submit(tokenHash, anonymous);
    if (outcome.kind !== 'submitted') throw new Error(outcome.kind);
    return outcome.id;
  };
  const host = { code, tokenHash: session.tokenHash };
  const set = (questionId: number, status: 'pending' | 'answered' | 'hidden') =>
    setQuestionStatusAsModerator(db, { ...host, questionId, status });
  const mute = (questionId: number, muted = true) =>
    muteAuthorAsModerator(db, { ...host, questionId, muted });
  const sessionId = created.session.id;
  return { code, sessionId, host, author, other, submit, ask, set, mute };
}
