import { ConflictError } from '@classroom/db';
import { unavailable } from './errors.ts';

const MAX_ATTEMPTS = 8;

/**
 * Runs `attempt` again, up to eight times in all, while it throws a ConflictError.
 *
 * @throws DomainError UNAVAILABLE after the last attempt
 */
export async function retryOnConflict<Result>(
  attempt: (isLast: boolean) => Promise<Result>,
): Promise<Result> {
  for (let n = 1; ; n += 1) {
    try {
      return await attempt(n === MAX_ATTEMPTS);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (n === MAX_ATTEMPTS) throw unavailable({ cause: error });
    }
  }
}
