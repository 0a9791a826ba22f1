import { exportedSession } from '@classroom/schema';
import { stringify } from 'csv-stringify/sync';
import type { FastifyRequest } from 'fastify';

/** Whether the caller asks for a table. */
export function wantsCsv(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/csv') === true;
}

/** What each procedure that has a table answers, as CSV (RFC 4180). */
export const toCsv: Record<string, (answer: unknown) => string> = {
  'sessions.export': (answer) => {
    const { session, questions } = exportedSession.parse(answer);
    const rows = questions.map((question) => [
      session.code,
      question.id,
      question.body,
      question.author?.displayName ?? '',
      question.status,
      question.pinned,
      question.votes,
      question.createdAt,
      question.answeredAt,
    ]);
    // What begins like a formula would be run by the program that opens the table.
    const options = {
      escape_formulas: true,
      bom: true,
      record_delimiter: 'windows',
      cast: { boolean: String },
    } as const;
    return stringify([COLUMNS, ...rows], options);
  },
};

const COLUMNS = [
  'session',
  'id',
  'body',
  'author',
  'status',
  'pinned',
  'votes',
  'createdAt',
  'answeredAt',
];
