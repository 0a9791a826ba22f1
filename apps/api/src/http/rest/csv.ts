import { exportedSession } from '@classroom/schema';
import { type Options, stringify } from 'csv-stringify/sync';
import type { FastifyRequest } from 'fastify';

/** Whether the caller prefers a table to JSON. */
export function wantsCsv(request: FastifyRequest): boolean {
  return request.accepts().type(['application/json', 'text/csv']) === 'text/csv';
}

/** The beginning of a formula in spreadsheets, full-width forms and leading space included. */
const FORMULA = /^\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

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
    return stringify([COLUMNS, ...rows], OPTIONS);
  },
};

/** Each cell is quoted, so that no reader of comma-separated values splits one. */
const OPTIONS: Options = {
  quoted: true,
  quoted_empty: true,
  bom: true,
  record_delimiter: 'windows',
  cast: { boolean: String, string: (text) => (FORMULA.test(text) ? `'${text}` : text) },
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
