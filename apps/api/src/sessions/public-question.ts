import type { SessionChanges } from '@classroom/db';
import type { PublicQuestion } from '@classroom/schema';

type ChangedQuestion = SessionChanges['questions'][number];

/** A question as it goes over the wire; undefined when it was withdrawn. */
export function toPublicQuestion(changed: ChangedQuestion): PublicQuestion | undefined {
  const { id, body, status, pinned, vote_count: votes, author_name: displayName } = changed;
  if (status === 'withdrawn' || body === null) return undefined;
  return {
    id,
    body,
    status,
    pinned,
    votes,
    author: displayName === null ? null : { displayName },
    createdAt: changed.created_at,
    answeredAt: changed.answered_at,
  };
}
