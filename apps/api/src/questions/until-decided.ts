import { DomainError } from '../domain-error.ts';

const MAX_ATTEMPTS = 8;
const RETRY_AFTER_SECONDS = 1;

/**
 * Tries until there is an answer; an attempt that a parallel call overtook has none.
 *
 * @throws DomainError UNAVAILABLE after eight attempts
 */
export async function untilDecided<Answer extends object>(
  attempt: () => Promise<Answer | null | undefined>,
): Promise<Answer> {
  for (let n = 0; n < MAX_ATTEMPTS; n += 1) {
    const answer = await attempt();
    if (answer) return answer;
  }
  throw new DomainError('UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
