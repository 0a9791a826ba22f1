import type { QuestionRow } from '@classroom/db';
import type { PublicQuestion } from '@classroom/schema';

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
