import type { QuestionAuthor, QuestionRow, Session } from '@classroom/db';
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
    startedAt: session.started_at?.toISOString() ?? null,
    endedAt: endOf(session)?.toISOString() ?? null,
    expiresAt: session.expires_at.toISOString(),
    joining: session.joining,
    moderated: session.moderated,
  };
}

function endOf({ status, ended_at, expires_at }: Session): Date | null {
  return status === 'ended' ? (ended_at ?? expires_at) : null;
}

interface ParticipantRow {
  id: number;
  display_name: string;
  role: ParticipantRole;
  joined_at: Date;
  blocked_at?: Date | null;
}

export function toParticipant(row: ParticipantRow): Participant {
  const { id, display_name: displayName, role, joined_at, blocked_at = null } = row;
  const isBlocked = blocked_at !== null;
  return {
    id,
    displayName,
    role,
    joinedAt: joined_at.toISOString(),
    ...(isBlocked && { blocked: true }),
  };
}

type PublicRow = Omit<QuestionRow, 'created_at' | 'answered_at' | 'voted'> & {
  /** A string from a JSON aggregate. */
  created_at: Date | string;
  answered_at: Date | string | null;
};

/**
 * @param participantId the participant that `mine` refers to; undefined for none
 * @returns undefined for a withdrawn question
 */
export function toPublicQuestion(
  row: PublicRow,
  participantId?: number,
): PublicQuestion | undefined {
  const { id, body, status, pinned, vote_count: votes } = row;
  if (status === 'withdrawn' || body === null) return undefined;
  return {
    id,
    body,
    status,
    pinned,
    votes,
    mine: row.author_id === participantId,
    author: toAuthor(row),
    createdAt: new Date(row.created_at).toISOString(),
    answeredAt: row.answered_at === null ? null : new Date(row.answered_at).toISOString(),
  };
}

/** @returns null for an anonymous question and for a removed author */
export function toAuthor({ author_id: id, author_name, author_role }: QuestionAuthor) {
  if (author_name === null || author_role === null) return null;
  return { id, displayName: author_name, role: author_role };
}

/**
 * @param participantId the participant that `mine` refers to
 * @throws DomainError QUESTION_NOT_FOUND for a withdrawn question
 */
export function toQuestion(row: QuestionRow, participantId: number): Question {
  const question = toPublicQuestion(row, participantId);
  if (question === undefined) throw new DomainError('QUESTION_NOT_FOUND');
  return { ...question, voted: row.voted };
}
