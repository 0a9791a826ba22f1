import type { Question } from '@classroom/client';

const RANKS: Record<Question['status'], number> = {
  waiting: 0,
  pending: 1,
  answered: 2,
  hidden: 3,
};

/** Open questions first, then answered ones; otherwise in the order of the live session. */
export function byStatus(questions: readonly Question[]): Question[] {
  return questions.toSorted((a, b) => RANKS[a.status] - RANKS[b.status]);
}

export const MAX_QUESTION_LENGTH = 280;

/** How many more characters a question may have, counted as the server does. */
export function charactersLeft(body: string): number {
  const stored = body.normalize('NFC').replace(/\s+/gu, ' ').trim();
  return MAX_QUESTION_LENGTH - Array.from(stored).length;
}
