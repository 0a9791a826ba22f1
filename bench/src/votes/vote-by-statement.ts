import { type Database, castVotes } from '@classroom/db';
import type { RoundOptions } from '../benchmark.ts';
import { sha256 } from '../sha256.ts';
import { perSecond } from '../per-second.ts';
import { type Ballot, nthVote } from './open-ballot.ts';

/** Votes one by one, each a statement of its own, over so many connections. @returns per second */
export async function voteByStatement(
  db: Database,
  ballot: Ballot,
  options: RoundOptions,
): Promise<number> {
  let count = 0;
  const vote = async () => {
    const { token, questionId, on } = nthVote(ballot, count);
    count += 1;
    await castVotes(db, questionId, [{ tokenHash: sha256(token), on }]);
  };
  return await perSecond(vote, options);
}
