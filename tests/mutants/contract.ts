import { type Mutant, api, db, schema, system } from './mutant.ts';

const TEXT = [...schema('text', 'code'), ...api('http/app'), ...system('e2e/any-input')];
const LISTS = [
  ...schema('cursor'),
  ...api('features/questions/list', 'features/questions/questions'),
  ...system('e2e/join', 'e2e/questions'),
];
const ERRORS = [
  ...db('errors'),
  ...api('trpc/errors', 'http/app', 'http/call-procedures', 'authorization'),
  ...system('e2e/rest', 'faults/locked-table'),
];
const CSV = [...api('http/rest/csv', 'features/sessions/export'), ...system('e2e/rest')];
const ORIGINS = [...api('http/cors', 'http/app'), ...system('e2e/browser')];
const DOCS = [
  ...api('router', 'env', 'http/health', 'rate-limits/rate-limits'),
  ...system('docs/api-page', 'docs/operations-page', 'e2e/rest-document'),
];

/** Defects in input rules, lists, errors, CSV, origins, and the pages that describe them. */
export const CONTRACT: readonly Mutant[] = [
  {
    name: 'text: bidirectional isolates are accepted',
    file: 'packages/schema/src/text.ts',
    find: '/[\\u202a-\\u202e\\u2066-\\u2069]/u',
    replace: '/[\\u202a-\\u202e]/u',
    tests: TEXT,
  },
  {
    name: 'text: the length counts UTF-16 code units',
    file: 'packages/schema/src/text.ts',
    find: 'codePoints(value) <= maxLength',
    replace: 'value.length <= maxLength',
    tests: TEXT,
  },
  {
    name: 'cursors: a page repeats the last of equally many votes',
    file: 'packages/db/src/repositories/questions.ts',
    find: "eb('question.id', '>', page.afterId)",
    replace: "eb('question.id', '>=', page.afterId)",
    tests: LISTS,
  },
  {
    name: 'cursors: the position of a participant is cut to milliseconds',
    file: 'packages/db/src/repositories/session-participants.ts',
    find: '(extract(epoch from participant.joined_at) * 1000000)::bigint',
    replace: 'trunc(extract(epoch from participant.joined_at) * 1000)::bigint * 1000',
    tests: LISTS,
  },
  {
    name: 'errors: the response contains the message of the cause',
    file: 'apps/api/src/trpc/errors.ts',
    find: 'return { message: REASONS[reason][1], code, data: { ...data, requestId } };',
    replace: 'return { message: error.message, code, data: { ...data, requestId } };',
    tests: ERRORS,
  },
  {
    name: 'errors: a statement timeout is an internal error',
    file: 'packages/db/src/errors.ts',
    find: '  /^57014$/, // statement timeout\n',
    replace: '',
    tests: ERRORS,
  },
  {
    name: 'errors: a refused tRPC call has no Retry-After',
    file: 'apps/api/src/http/trpc-route.ts',
    find: 'if (longest > 0)',
    replace: 'if (longest > 1)',
    tests: ERRORS,
  },
  {
    name: 'errors: an invalid output is reported as invalid input',
    file: 'apps/api/src/trpc/errors.ts',
    find: "if (error.code === 'BAD_REQUEST' && cause instanceof z.ZodError)",
    replace: 'if (cause instanceof z.ZodError)',
    tests: ERRORS,
  },
  {
    name: 'errors: SESSION_NOT_FOUND and QUESTION_NOT_FOUND are swapped',
    file: 'apps/api/src/authorization.ts',
    find: "  'session-not-found': 'SESSION_NOT_FOUND',\n  'question-not-found': 'QUESTION_NOT_FOUND',",
    replace:
      "  'session-not-found': 'QUESTION_NOT_FOUND',\n  'question-not-found': 'SESSION_NOT_FOUND',",
    tests: ERRORS,
  },
  {
    name: 'CSV: formulas are not escaped',
    file: 'apps/api/src/http/rest/csv.ts',
    find: "`'${text}` : text",
    replace: 'text : text',
    tests: CSV,
  },
  {
    name: 'origins: a prefix of an allowed origin suffices',
    file: 'apps/api/src/http/cors.ts',
    find: "allowed.includes(origin) || allowed.includes(`${origin.replace(/:\\d+$/, '')}:*`)",
    replace: "allowed.some((each) => origin.startsWith(each.replace(/:\\*$/, '')))",
    tests: ORIGINS,
  },
  {
    name: 'origins: every origin is granted credentials',
    file: 'apps/api/src/http/cors.ts',
    find: 'origin: (origin, done) => done(null, origin !== undefined && isAllowed(origin)),',
    replace: 'origin: true,\n    credentials: true,',
    tests: ORIGINS,
  },
  {
    name: 'origins: the Host header decides which origin is the own one',
    file: 'apps/api/src/http/cors.ts',
    find: 'own.has(origin)) return done();',
    replace: 'own.has(origin) || origin === `http://${request.headers.host}`) return done();',
    tests: ORIGINS,
  },
  {
    name: 'origins: an HTTP/1.1 request needs no Host',
    file: 'apps/api/src/http/malformed-requests.ts',
    find: "raw.httpVersion !== '1.1'",
    replace: "raw.httpVersion !== '2.0'",
    tests: [...ORIGINS, ...api('http/malformed-requests')],
  },
  {
    name: 'docs: a wrong default of a setting',
    file: 'docs/operations.md',
    find: '| `2000` ',
    replace: '| `1000` ',
    tests: DOCS,
  },
  {
    name: 'docs: a wrong default of the page size',
    file: 'docs/api.md',
    find: '`limit` is 1 to 100, by default 50.',
    replace: '`limit` is 1 to 100, by default 20.',
    tests: DOCS,
  },
  {
    name: 'docs: a wrong rate limit',
    file: 'docs/api.md',
    find: '| 100 in a minute |',
    replace: '| 200 in a minute |',
    tests: DOCS,
  },
  {
    name: 'docs: a wrong status of a REST route',
    file: 'docs/api.md',
    find: '`sessions.join`              | 201',
    replace: '`sessions.join`              | 200',
    tests: DOCS,
  },
  {
    name: 'docs: a wrong status of a reason',
    file: 'docs/api.md',
    find: '| `RATE_LIMITED`           | 429 ',
    replace: '| `RATE_LIMITED`           | 403 ',
    tests: DOCS,
  },
  {
    name: 'docs: a wrong status of a stopping process',
    file: 'docs/operations.md',
    find: '| `stopping`             | 503 ',
    replace: '| `stopping`             | 200 ',
    tests: DOCS,
  },
];
