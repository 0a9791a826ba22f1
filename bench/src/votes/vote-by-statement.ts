import { type Database, voteForQuestion } from '@classroom/db';
import type { RoundOptions } from '../benchmark.ts';
import { sha256 } from '../sha256.ts';
import { type Ballot, nthVote } from './open-ballot.ts';

/** Votes one by one, each a statement of its own, over so many connections. @returns per second */
export async function voteByStatement(
  db: Database,
  ballot: Ballot,
  { connections, seconds }: RoundOptions,
): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let count = 0;
  const loop = async () => {
    while (performance.now() < end) {
      const { token, questionId, on } = nthVote(ballot, count);
      count += 1;
      await voteForQuestion(db, questionId, [{ tokenHash: sha256(token), on }]);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return count / seconds;
}
