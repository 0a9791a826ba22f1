import { unavailable } from './domain-error.ts';

const MAX_ATTEMPTS = 8;

/**
 * Tries until there is an answer; an attempt that a parallel call overtook has none.
 *
 * @param attempt is told whether it is the last
 * @throws DomainError UNAVAILABLE after eight attempts
 */
export async function untilDecided<Answer extends object>(
  attempt: (isLast: boolean) => Promise<Answer | undefined>,
): Promise<Answer> {
  for (let n = 1; n <= MAX_ATTEMPTS; n += 1) {
    const answer = await attempt(n === MAX_ATTEMPTS);
    if (answer !== undefined) return answer;
  }
  throw unavailable();
}
