import { type Mutant, api, db, system } from './mutant.ts';

const RATES = [
  ...api('rate-limits/rate-limits', 'rate-limits/client-address'),
  ...system('e2e/code-guesses', 'e2e/code-guesses-by-network'),
];
const STREAMS = [
  ...api('features/live/stream-caps', 'features/live/feed'),
  ...system('faults/stream-caps', 'faults/disconnecting-clients'),
];
const SHEDDING = [...api('http/load-shedding', 'http/health'), ...system('faults/database-away')];

/** Limits, rate limits and overload. */
export const LIMITS: readonly Mutant[] = [
  {
    name: 'limits: a session takes one question too many',
    file: 'packages/db/src/repositories/insert-question.ts',
    find: 'session.question_count < $',
    replace: 'session.question_count <= $',
    tests: [...api('features/questions/submit'), ...system('e2e/submission-limit')],
  },
  {
    name: 'limits: a removed participant keeps taking a place',
    file: 'packages/db/src/repositories/participant-removal.ts',
    find: '              session_slot: null,\n',
    replace: '',
    tests: [
      ...db('repositories/participant-removal', 'repositories/insert-participant'),
      ...api('features/participants/join'),
      ...system('e2e/control', 'e2e/join'),
    ],
  },
  {
    name: 'limits: each IPv6 address counts alone',
    file: 'apps/api/src/rate-limits/client-address.ts',
    find: 'SEGMENTS_OF_64 = 4',
    replace: 'SEGMENTS_OF_64 = 8',
    tests: RATES,
  },
  {
    name: 'limits: X-Forwarded-For of every caller is trusted',
    file: 'apps/api/src/http/app.ts',
    find: 'trustProxy.length > 0 ? [...trustProxy] : false',
    replace: 'trustProxy.length > 0 ? [...trustProxy] : true',
    tests: [...RATES, ...system('e2e/behind-nginx')],
  },
  {
    name: 'limits: FORBIDDEN reveals codes that exist after too many guesses',
    file: 'apps/api/src/trpc/rate-limits.ts',
    find: "    if (cause.reason === 'FORBIDDEN') await codeGuesses.check(address);\n",
    replace: '',
    tests: RATES,
  },
  {
    name: 'limits: guesses sent at once all get an answer',
    file: 'apps/api/src/trpc/rate-limits.ts',
    find: '  await codeGuesses.check(ctx.address);\n  return result;',
    replace: '  return result;',
    tests: RATES,
  },
  {
    name: 'limits: a limited address uses up the guesses of its /48',
    file: 'apps/api/src/rate-limits/rate-limits.ts',
    find: 'networksOf(address).entries())',
    replace: '[...networksOf(address).entries()].toReversed())',
    tests: RATES,
  },
  {
    name: 'limits: a /56 has no limit of its own',
    file: 'apps/api/src/rate-limits/client-address.ts',
    find: '& 0xff_00',
    replace: '& 0xff_ff',
    tests: RATES,
  },
  {
    name: 'limits: wrong pairing codes cost nothing',
    file: 'apps/api/src/trpc/rate-limits.ts',
    find: "'SESSION_NOT_FOUND', 'PAIRING_CODE_INVALID'",
    replace: "'SESSION_NOT_FOUND'",
    tests: RATES,
  },
  {
    name: 'limits: a caller that leaves keeps a slot of the opening limiter',
    file: 'apps/api/src/features/live/feed.ts',
    find: 'if (signal?.aborted === true) throw unavailable();',
    replace: 'if (signal?.aborted === true) await new Promise(() => unavailable());',
    tests: STREAMS,
  },
  {
    name: 'limits: a caller that leaves keeps a slot of MAX_LISTENERS',
    file: 'apps/api/src/http/live-streams.ts',
    find: '    opening -= 1;\n',
    replace: '    if (!socket.destroyed) opening -= 1;\n',
    tests: STREAMS,
  },
  {
    name: 'limits: an overloaded process refuses its health check',
    file: 'apps/api/src/http/health.ts',
    find: "app.get('/readyz', { config: { neverShed: true } }",
    replace: "app.get('/readyz', { config: { neverShed: false } }",
    tests: SHEDDING,
  },
];
