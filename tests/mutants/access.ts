import { type Mutant, api, db, system } from './mutant.ts';

const FRAGMENTS = 'packages/db/src/repositories/fragments';
const REPOSITORIES = 'packages/db/src/repositories';

const SESSIONS = [
  ...db('repositories/sessions'),
  ...api('authorization', 'features/sessions/export'),
  ...system('e2e/authorisation', 'e2e/sessions'),
];
const PARTICIPANTS = [
  ...db('repositories/insert-participant', 'repositories/participant-removal'),
  ...db('repositories/leaving'),
  ...api('features/participants/join'),
  ...system('e2e/authorisation', 'e2e/control', 'e2e/join'),
];
const QUESTIONS = [
  ...api('features/questions/questions', 'features/questions/list'),
  ...system('e2e/authorisation', 'e2e/questions'),
];
const PAIRING = [...db('repositories/devices'), ...system('e2e/control')];
const REPLAYS = [
  ...db('repositories/insert-participant'),
  ...api('features/sessions/create', 'features/participants/join', 'features/questions/submit'),
  ...system('e2e/join', 'e2e/retries'),
];

const FEED = system('e2e/live-authorship');

/** Authorisation and idempotency. */
export const ACCESS: readonly Mutant[] = [
  {
    name: 'authorisation: another participant passes as the host',
    file: `${FRAGMENTS}/access.ts`,
    find: "!hasRole(row.caller_role, requires.role ?? 'viewer')",
    replace: "!hasRole(row.caller_role, 'viewer')",
    tests: SESSIONS,
  },
  {
    name: 'authorisation: an ended session of others answers FORBIDDEN',
    file: `${FRAGMENTS}/access.ts`,
    find: "refused(isEnded ? 'session-not-found' : 'forbidden')",
    replace: "refused('forbidden')",
    tests: SESSIONS,
  },
  {
    name: 'authorisation: the token of a blocked participant stays valid',
    file: `${FRAGMENTS}/caller.ts`,
    find: "    .where('blocked_at', 'is', null)\n",
    replace: '',
    tests: PARTICIPANTS,
  },
  {
    name: 'authorisation: an expired session counts as open',
    file: `${FRAGMENTS}/columns.ts`,
    find: "(session.status <> 'ended' and session.expires_at > now())",
    replace: "(session.status <> 'ended')",
    tests: [...SESSIONS, ...QUESTIONS, ...PARTICIPANTS],
  },
  {
    name: 'authorisation: participants of other sessions may vote',
    file: `${REPOSITORIES}/votes.ts`,
    find: ".innerJoin('open_session', 'open_session.id', 'caller.session_id')",
    replace: ".innerJoin('open_session', (join) => join.onTrue())",
    tests: QUESTIONS,
  },
  {
    name: 'authorisation: participants list hidden questions',
    file: 'apps/api/src/features/questions/list.ts',
    find: "(each !== 'hidden' || seesAll)",
    replace: "(each !== 'hidden' || role !== undefined)",
    tests: QUESTIONS,
  },
  {
    name: 'moderation: other participants vote for waiting questions',
    file: `${REPOSITORIES}/votes.ts`,
    find: 'target.author_id = voter.id',
    replace: 'target.author_id > 0',
    tests: [...db('repositories/moderation'), ...system('e2e/moderation')],
  },
  {
    name: 'moderation: other participants list waiting questions',
    file: 'apps/api/src/features/questions/list.ts',
    find: 'seesAll ? null : participantId',
    replace: 'seesAll || participantId > 0 ? null : participantId',
    tests: [...QUESTIONS, ...system('e2e/moderation')],
  },
  {
    name: 'muting: a submission does not wait for a mute',
    file: `${REPOSITORIES}/insert-question.ts`,
    find: ".select('caller.muted_at').forShare('caller')",
    replace: ".select('caller.muted_at')",
    tests: db('repositories/author-muting'),
  },
  {
    name: 'authorisation: a participant withdraws the question of another',
    file: `${REPOSITORIES}/question-withdrawal.ts`,
    find: ".innerJoin('locked_caller', 'locked_caller.id', 'question.author_id')",
    replace: ".innerJoin('locked_caller', 'locked_caller.session_id', 'question.session_id')",
    tests: QUESTIONS,
  },
  {
    name: 'authorisation: a token of another session finds an ended session',
    file: 'apps/api/src/features/sessions/get.ts',
    find: 'caller?.session_id !== session.id',
    replace: 'caller?.session_id === undefined',
    tests: SESSIONS,
  },
  {
    name: 'authorisation: a blocked participant joins under another name',
    file: `${REPOSITORIES}/insert-participant.ts`,
    find: 'sql<boolean>`not exists (select from blocked_caller)`',
    replace: 'sql<boolean>`(true or exists (select from blocked_caller))`',
    tests: PARTICIPANTS,
  },
  {
    name: 'authorisation: a pairing code works twice',
    file: `${REPOSITORIES}/devices.ts`,
    find: "\n        .forUpdate('pairings')",
    replace: '',
    tests: PAIRING,
  },
  {
    name: 'authorisation: the token of a revoked device stays valid',
    file: `${REPOSITORIES}/device-revocation.ts`,
    find: '.set({ revoked_at: sql`now()` })',
    replace: '.set({ revoked_at: null })',
    tests: db('repositories/device-revocation'),
  },
  {
    name: 'idempotency: a join key reused for another session returns the token of the first',
    file: 'apps/api/src/features/participants/join.ts',
    find: 'first.code !== code ||',
    replace: "(first.code !== code && code === '') ||",
    tests: REPLAYS,
  },
  {
    name: 'idempotency: a submission key reused by another author returns their question',
    file: 'apps/api/src/features/questions/submit.ts',
    find: 'first.author_id === callerId &&',
    replace: '(first.author_id === callerId || callerId > 0) &&',
    tests: REPLAYS,
  },
  {
    name: 'idempotency: a blocked participant replays a join',
    file: 'apps/api/src/features/participants/join.ts',
    find: '  if (first.blocked_at !== null) throw blocked();\n',
    replace: '',
    tests: [...REPLAYS, ...PARTICIPANTS],
  },
  {
    name: 'idempotency: a replayed join shows the current status of the session',
    file: 'apps/api/src/features/participants/join.ts',
    find: 'const status = first.status_when_joined;',
    replace: 'const { status } = first;',
    tests: REPLAYS,
  },
  {
    name: 'authorship: everybody is told who asked anonymously',
    file: 'apps/api/src/features/live/room.ts',
    find: "toEvents(changes, after, { role: 'moderator' })",
    replace:
      "toEvents(changes, after, { role: 'moderator', participantId: changes.questions[0]?.author_id })",
    tests: FEED,
  },
  {
    name: 'authorship: the author of an anonymous question is not told that it is theirs',
    file: 'apps/api/src/features/live/room.ts',
    find: 'questionsByAuthor.get(participantId)',
    replace: 'undefined',
    tests: FEED,
  },
  {
    name: 'joining: a closed session takes new participants',
    file: `${REPOSITORIES}/insert-participant.ts`,
    find: "      .where('open_session.joining', '=', sql.lit('open'))\n",
    replace: '',
    tests: [...PARTICIPANTS, ...SESSIONS],
  },
  {
    name: 'leaving: pending questions stay',
    file: `${REPOSITORIES}/participant-removal.ts`,
    find: "sql<boolean>`question.status in ('waiting', 'pending')`",
    replace: 'sql<boolean>`false`',
    tests: PARTICIPANTS,
  },
  {
    name: 'extension: a session can be extended for ever',
    file: `${REPOSITORIES}/session-lifecycle.ts`,
    find: 'least(${extended}, session.created_at + ${MAX_EXTENDED_LIFE})',
    replace: 'greatest(${extended}, session.created_at)',
    tests: SESSIONS,
  },
];
