import { type Database, findNewestQuestions, findTopQuestions } from '@classroom/db';
import {
  type ListQuestionsInput,
  type QuestionPage,
  type QuestionStatus,
  questionStatus,
} from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { toQuestion } from '../../presenters.ts';

/** More than any question can have. */
const MAX_INTEGER = 2 ** 31 - 1;

/**
 * The questions of a session, open or ended: the pinned ones first, then by votes, then oldest; or
 * the newest first. Hidden ones are the host's alone to see.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, INVALID_INPUT for a cursor of
 *   the other order
 */
export async function listQuestions(
  { db }: { db: Database },
  { code, status, order, cursor, limit }: ListQuestionsInput,
  tokenHash: Buffer,
): Promise<QuestionPage> {
  const after = cursor?.split('-').map(Number) ?? [];
  if (cursor !== undefined && after.length !== (order === 'top' ? 3 : 1)) {
    throw new DomainError('INVALID_INPUT', {
      fieldErrors: { cursor: ['Must be the nextCursor of an earlier page in the same order'] },
    });
  }
  const { session, role } = await findSessionAsParticipant(db, code, tokenHash);
  const isSeen = (each: QuestionStatus) =>
    (each === status || status === undefined) && (each !== 'hidden' || role === 'host');
  const statuses = questionStatus.options.filter(isSeen);
  // One more than asked for tells whether there is a next page.
  const call = { sessionId: session.id, tokenHash, statuses, limit: limit + 1 };

  const [first = order === 'top' ? 1 : Number.MAX_SAFE_INTEGER] = after;
  const [, afterVotes = MAX_INTEGER, afterId = 0] = after;
  const found =
    order === 'top'
      ? await findTopQuestions(db, { ...call, afterPinned: first === 1, afterVotes, afterId })
      : await findNewestQuestions(db, { ...call, afterId: first });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const place =
    last && (order === 'top' ? [Number(last.pinned), last.vote_count, last.id] : [last.id]);
  return { items: page.map(toQuestion), nextCursor: place?.join('-') ?? null };
}
