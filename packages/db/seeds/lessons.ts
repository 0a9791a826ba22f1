import { hash } from 'node:crypto';
import type { SettableQuestionStatus } from '@classroom/schema';

export interface LessonQuestion {
  author: string;
  body: string;
  anonymous?: boolean;
  voters?: readonly string[];
  status?: SettableQuestionStatus;
  pinned?: boolean;
}

/** A session with a fixed code, fixed names and the tokens of `devToken`. */
export interface Lesson {
  code: string;
  title: string;
  host: string;
  status: 'draft' | 'active' | 'ended';
  students: readonly string[];
  questions: readonly LessonQuestion[];
}

/** One session of each status, with codes from CODE_ALPHABET. */
export const LESSONS: readonly Lesson[] = [
  {
    code: 'DRFT22',
    title: 'Geometry, not yet started',
    host: 'Seed Euclid',
    status: 'draft',
    students: ['Ben'],
    questions: [],
  },
  {
    code: 'GRPH33',
    title: 'Graphs, under way',
    host: 'Seed Euler',
    status: 'active',
    students: ['Ben', 'Cleo', 'Dan'],
    questions: [
      {
        author: 'Ben',
        body: 'Is every tree bipartite?',
        voters: ['Cleo', 'Dan'],
        pinned: true,
      },
      {
        author: 'Cleo',
        body: 'Will this be in the exam?',
        anonymous: true,
        voters: ['Ben', 'Cleo', 'Dan'],
      },
      { author: 'Dan', body: 'How many bridges were there?', status: 'answered' },
      { author: 'Dan', body: 'When is lunch?', status: 'hidden' },
    ],
  },
  {
    code: 'FNDT44',
    title: 'Foundations, over',
    host: 'Seed Hilbert',
    status: 'ended',
    students: ['Ben', 'Cleo'],
    questions: [
      { author: 'Ben', body: 'What is a point?', voters: ['Cleo'], status: 'answered' },
      { author: 'Cleo', body: 'And what is a line?', voters: ['Ben', 'Cleo'] },
    ],
  },
];

/**
 * Returns the token of a person in a seeded session: the same in every run, and so no secret.
 *
 * @example devToken('GRPH33', 'Ben') // 'dev-GRPH33-ben------------------------------'
 */
export function devToken(code: string, name: string): string {
  return `dev-${code}-${name.toLowerCase().replaceAll(' ', '-')}`.padEnd(43, '-');
}

/** Returns the SHA-256 of the token, as the database stores it. */
export function devTokenHash(code: string, name: string): Buffer {
  return hash('sha256', devToken(code, name), 'buffer');
}
