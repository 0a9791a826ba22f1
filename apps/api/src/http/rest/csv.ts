import { exportedSession } from '@classroom/schema';
import { type Options, stringify } from 'csv-stringify/sync';
import type { FastifyRequest } from 'fastify';

/** Whether the client prefers CSV to JSON. */
export function wantsCsv(request: FastifyRequest): boolean {
  return request.accepts().type(['application/json', 'text/csv']) === 'text/csv';
}

/** Matches text that spreadsheets read as a formula, also in full-width forms and after white space. */
const FORMULA = /^\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Formats the output of a procedure as CSV (RFC 4180). */
export const toCsv: Record<string, (output: unknown) => string> = {
  'sessions.export': (output) => {
    const { session, questions } = exportedSession.parse(output);
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

/** Quotes every cell, because some readers use another separator. */
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
