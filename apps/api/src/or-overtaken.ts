import { isOvertaken } from '@classroom/db';

/** The outcome of a statement, which is `overtaken` too when a parallel call made it impossible. */
export async function orOvertaken<Outcome>(
  outcome: Promise<Outcome>,
): Promise<Outcome | { kind: 'overtaken' }> {
  try {
    return await outcome;
  } catch (error) {
    if (isOvertaken(error)) return { kind: 'overtaken' };
    throw error;
  }
}
