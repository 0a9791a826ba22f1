import { isConflict } from '@classroom/db';
import { unavailable } from './errors.ts';

const MAX_ATTEMPTS = 8;

/**
 * Tries until there is an answer; an attempt that a parallel call overtook has none.
 *
 * @param attempt is told whether it is the last
 * @throws DomainError UNAVAILABLE after eight attempts
 */
export async function retryOnConflict<Answer extends object>(
  attempt: (isLast: boolean) => Promise<Answer | undefined>,
): Promise<Answer> {
  for (let n = 1; n <= MAX_ATTEMPTS; n += 1) {
    const answer = await attempt(n === MAX_ATTEMPTS);
    if (answer !== undefined) return answer;
  }
  throw unavailable();
}

/** The outcome of a statement, which is `conflict` too when a parallel call made it impossible. */
export async function orOvertaken<Outcome>(
  outcome: Promise<Outcome>,
): Promise<Outcome | { kind: 'conflict' }> {
  try {
    return await outcome;
  } catch (error) {
    if (isConflict(error)) return { kind: 'conflict' };
    throw error;
  }
}
