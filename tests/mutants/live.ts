import { type Mutant, api, client, db, system } from './mutant.ts';

const FEED = [
  ...db('repositories/changes'),
  ...api('features/live/feed', 'features/live/processes', 'features/live/devices'),
  ...api('features/live/peer-presence', 'features/live/presence-publisher'),
  ...system('e2e/live', 'e2e/live-redis', 'faults/live', 'faults/redis-killed'),
];
const STREAM = [...api('http/sse', 'http/pipelined-streams'), ...system('e2e/live')];
const CLIENT = [
  ...client('client', 'events', 'question-list', 'requests'),
  ...system('e2e/live', 'e2e/retries', 'e2e/behind-nginx'),
];

/** The live feed, and the client that follows it. */
export const LIVE: readonly Mutant[] = [
  {
    name: 'live: other processes are not notified of a change',
    file: 'apps/api/src/features/live/rooms.ts',
    find: '      channel.publishChange(sessionId);\n',
    replace: '',
    tests: FEED,
  },
  {
    name: 'live: nobody is notified of a swept end',
    file: 'apps/api/src/jobs/sweep.ts',
    find: 'for (const sessionId of ended) notifyChanged(sessionId);',
    replace: 'for (const sessionId of ended) if (sessionId < 0) notifyChanged(sessionId);',
    tests: [...api('jobs/purge'), ...FEED],
  },
  {
    name: 'live: nobody is notified of sessions that a create ended',
    file: 'apps/api/src/features/sessions/create.ts',
    find: '.forEach(notifyChanged);',
    replace: '.slice(3).forEach(notifyChanged);',
    tests: [...api('notifications', 'features/sessions/create'), ...FEED],
  },
  {
    name: 'live: nobody is notified of a withdrawn question',
    file: 'apps/api/src/features/questions/withdraw.ts',
    find: "if (outcome.kind === 'withdrawn') notifyChanged",
    replace: "if (outcome.kind === 'withdrawn' && outcome.sessionId < 0) notifyChanged",
    tests: [
      ...api('notifications', 'features/questions/questions'),
      ...FEED,
      ...system('e2e/questions'),
    ],
  },
  {
    name: 'live: a new process does not learn the presence of the others',
    file: 'apps/api/src/features/live/rooms.ts',
    find: 'if (isNew) publisher',
    replace: 'if (isNew && streams < 0) publisher',
    tests: FEED,
  },
  {
    name: 'live: changes whose notification is lost are never found',
    file: 'apps/api/src/features/live/rooms.ts',
    find: 'every(pollIntervalMs, poll)',
    replace: 'every(pollIntervalMs, () => {})',
    tests: FEED,
  },
  {
    name: 'live: a process stays subscribed to a session without listeners',
    file: 'apps/api/src/features/live/rooms.ts',
    find: '      channel.unsubscribe(sessionId);\n',
    replace: '',
    tests: FEED,
  },
  {
    name: 'live: a process without Redis at its start never subscribes',
    file: 'apps/api/src/features/live/redis-channel.ts',
    find: "  redis.on('ready', onReady);\n",
    replace: '',
    tests: FEED,
  },
  {
    name: 'live: a class that joins is published for each participant',
    file: 'apps/api/src/features/live/presence-publisher.ts',
    find: 'if (paused.has(sessionId) && presence.streams > 0) return;',
    replace: '',
    tests: FEED,
  },
  {
    name: 'live: a subscriber behind the room skips changes',
    file: 'apps/api/src/features/live/room.ts',
    find: 'if (cursor === undefined || cursor < after) continue;',
    replace: 'if (cursor === undefined) continue;',
    tests: FEED,
  },
  {
    name: 'live: participants receive hidden questions',
    file: 'apps/api/src/features/live/presenter.ts',
    find: "status === 'hidden' && !hasRole(recipient.role, 'moderator')",
    replace: "status === 'hidden' && !hasRole(recipient.role, 'viewer')",
    tests: FEED,
  },
  {
    name: 'live: participants are told of unpublished questions that are hidden or withdrawn',
    file: 'apps/api/src/features/live/presenter.ts',
    find: '  if (!published && !seesWaiting(changed, recipient)) return undefined;\n',
    replace: '',
    tests: [...api('features/live/presenter'), ...system('e2e/moderation')],
  },
  {
    name: 'live: a resume after exactly 500 changes may miss some',
    file: 'apps/api/src/features/live/feed.ts',
    find: 'changes.questions.length < limit',
    replace: 'changes.questions.length <= limit',
    tests: FEED,
  },
  {
    name: 'live: viewers are counted as present',
    file: 'apps/api/src/features/live/room.ts',
    find: "if (role === 'viewer') return;",
    replace: '',
    tests: FEED,
  },
  {
    name: 'live: the stream of a removed participant stays open',
    file: 'apps/api/src/features/live/room.ts',
    find: '    await endRevoked(changes);\n',
    replace: '',
    tests: FEED,
  },
  {
    name: 'live: a stream never ends by its age',
    file: 'apps/api/src/http/sse.ts',
    find: 'if (now < endsAt) write(raw, PING);',
    replace: 'if (now < endsAt || !raw.destroyed) write(raw, PING);',
    tests: STREAM,
  },
  {
    name: 'client: an event stream gives up after a 503',
    file: 'packages/client/src/fetch.ts',
    find: 'new Set([REQUEST_TIMEOUT, 429, ...GATEWAY_STATUSES])',
    replace: 'new Set([REQUEST_TIMEOUT, 429])',
    tests: CLIENT,
  },
  {
    name: 'client: a mutation without a key is retried',
    file: 'packages/client/src/links.ts',
    find: "return type !== 'mutation' ||",
    replace: "return type !== 'subscription' ||",
    tests: CLIENT,
  },
  {
    name: 'client: a page overwrites newer events',
    file: 'packages/client/src/question-list.ts',
    find: 'if (isUnchangedSince(id, readAt))',
    replace: 'if (readAt > 0)',
    tests: CLIENT,
  },
  {
    name: 'client: votes for one question overtake each other',
    file: 'packages/client/src/votes.ts',
    find: 'lastVotes.set(questionId, vote);',
    replace: 'lastVotes.clear();',
    tests: CLIENT,
  },
];
