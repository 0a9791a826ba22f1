import type { QuestionRow, Session } from '@classroom/db';
import type {
  Participant,
  ParticipantRole,
  PublicQuestion,
  Question,
  SessionSummary,
} from '@classroom/schema';
import { DomainError } from './errors.ts';

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

interface ParticipantRow {
  id: number;
  display_name: string;
  role: ParticipantRole;
  joined_at: Date;
}

export function toParticipant({ id, display_name, role, joined_at }: ParticipantRow): Participant {
  return { id, displayName: display_name, role, joinedAt: joined_at.toISOString() };
}

type PublicRow = Omit<QuestionRow, 'created_at' | 'answered_at' | 'voted'> & {
  /** A string from a JSON aggregate. */
  created_at: Date | string;
  answered_at: Date | string | null;
};

/** @returns undefined for a withdrawn question */
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

/** @throws DomainError QUESTION_NOT_FOUND for a withdrawn question */
export function toQuestion(row: QuestionRow): Question {
  const question = toPublicQuestion(row);
  if (question === undefined) throw new DomainError('QUESTION_NOT_FOUND');
  return { ...question, voted: row.voted };
}
