import {
  type Database,
  findNewestQuestions,
  findTopQuestions,
  hasRole,
  type QuestionRow,
} from '@classroom/db';
import {
  type ListQuestionsInput,
  type QuestionCursor,
  type QuestionOrder,
  type QuestionPage,
  type QuestionStatus,
  questionCursor,
  questionStatus,
} from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import { toPage } from '../../page.ts';
import { toQuestion } from '../../presenters.ts';

/** Positions before every question. */
const FIRST_PAGE = {
  top: { order: 'top', pinned: true, votes: 2 ** 31 - 1, id: 0 },
  newest: { order: 'newest', id: Number.MAX_SAFE_INTEGER },
} satisfies Record<QuestionOrder, QuestionCursor>;

/**
 * Lists the questions of a session, open or ended: pinned first, then by votes, then oldest; or
 * newest first. Only the host and moderators see hidden ones, and waiting ones of others.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function listQuestions(
  { db }: { db: Database },
  { code, status, order, cursor, limit }: ListQuestionsInput,
  tokenHash: Buffer,
): Promise<QuestionPage> {
  const { session, participantId, role } = await findSessionAsParticipant(db, code, tokenHash);
  const seesAll = hasRole(role, 'moderator');
  const isListed = (each: QuestionStatus) =>
    (each === status || status === undefined) && (each !== 'hidden' || seesAll);
  const statuses = questionStatus.options.filter(isListed);
  const waitingOf = seesAll ? null : participantId;
  const call = { sessionId: session.id, tokenHash, statuses, waitingOf, limit: limit + 1 };

  const after = cursor ?? FIRST_PAGE[order];
  const found =
    after.order === 'top'
      ? await findTopQuestions(db, {
          ...call,
          afterPinned: after.pinned,
          afterVotes: after.votes,
          afterId: after.id,
        })
      : await findNewestQuestions(db, { ...call, afterId: after.id });
  return toPage(found, limit, {
    toItem: (row) => toQuestion(row, participantId),
    toCursor: (row) => questionCursor.encode(toCursor(order, row)),
  });
}

function toCursor(order: QuestionOrder, { pinned, vote_count, id }: QuestionRow): QuestionCursor {
  return order === 'top' ? { order, pinned, votes: vote_count, id } : { order, id };
}
