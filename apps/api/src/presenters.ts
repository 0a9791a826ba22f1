import type { QuestionRow, Session, findParticipants } from '@classroom/db';
import type { Participant, PublicQuestion, Question, SessionSummary } from '@classroom/schema';
import { DomainError } from './errors.ts';

/** A session as it goes over the wire. */
export function toSessionSummary(session: Session): SessionSummary {
  return {
    id: session.id,
    code: session.code,
    title: session.title,
    status: session.status,
    host: { id: session.host_user_id, displayName: session.host_display_name },
    createdAt: session.created_at.toISOString(),
  };
}

type Row = Omit<Awaited<ReturnType<typeof findParticipants>>[number], 'microseconds'>;

/** A participant as they go over the wire. */
export function toParticipant({ id, display_name, role, joined_at }: Row): Participant {
  return { id, displayName: display_name, role, joinedAt: joined_at.toISOString() };
}

type PublicRow = Omit<QuestionRow, 'created_at' | 'answered_at' | 'voted'> & {
  /** As text where it comes out of JSON. */
  created_at: Date | string;
  answered_at: Date | string | null;
};

/** A question as everybody in the session sees it; undefined when it was withdrawn. */
export function toPublicQuestion(row: PublicRow): PublicQuestion | undefined {
  const { id, body, status, pinned, vote_count: votes, author_name: displayName } = row;
  if (status === 'withdrawn' || body === null) return undefined;
  return {
    id,
    body,
    status,
    pinned,
    votes,
    author: displayName === null ? null : { displayName },
    createdAt: new Date(row.created_at).toISOString(),
    answeredAt: row.answered_at === null ? null : new Date(row.answered_at).toISOString(),
  };
}

/**
 * A question as a participant sees it.
 *
 * @throws DomainError QUESTION_NOT_FOUND for one that was withdrawn
 */
export function toQuestion(row: QuestionRow): Question {
  const question = toPublicQuestion(row);
  if (question === undefined) throw new DomainError('QUESTION_NOT_FOUND');
  return { ...question, voted: row.voted };
}
