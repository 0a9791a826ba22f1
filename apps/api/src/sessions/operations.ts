const code = '7M2XJD';

const inSession = ['FORBIDDEN', 'SESSION_NOT_FOUND'] as const;
const inOpenSession = [...inSession, 'SESSION_ENDED'] as const;

/** What the procedures of sessions are over REST, by their names. */
export const operations = {
  create: {
    method: 'POST',
    path: '/api/sessions',
    summary: 'Create a session',
    description:
      'Opens a session for the host of that name, who is created when there is none. The token of the host is shown only here. A retry under the same idempotency key gets the same answer.',
    tags: ['Sessions'],
    example: { title: 'Algebra I', hostDisplayName: 'Ada' },
    reasons: ['HOST_SESSION_LIMIT', 'IDEMPOTENCY_KEY_REUSED', 'JOIN_CODE_EXHAUSTED'],
    creates: true,
  },
  get: {
    method: 'GET',
    path: '/api/sessions/{code}',
    summary: 'Look a session up',
    description:
      'Finds a session by its code, however it is typed. An ended session is found only with the token of one of its participants.',
    tags: ['Sessions'],
    example: { code },
    reasons: ['SESSION_NOT_FOUND'],
  },
  start: {
    method: 'POST',
    path: '/api/sessions/{code}/start',
    summary: 'Start a session',
    description: 'Makes a draft active. To start it again changes nothing.',
    tags: ['Sessions'],
    example: { code },
    reasons: inOpenSession,
  },
  prolong: {
    method: 'POST',
    path: '/api/sessions/{code}/prolong',
    summary: 'Prolong a session',
    description: 'Lets the time to live of an open session start anew.',
    tags: ['Sessions'],
    example: { code },
    reasons: inOpenSession,
  },
  end: {
    method: 'POST',
    path: '/api/sessions/{code}/end',
    summary: 'End a session',
    description: 'Ends a session for good. To end it again changes nothing.',
    tags: ['Sessions'],
    example: { code },
    reasons: inSession,
  },
  export: {
    method: 'GET',
    path: '/api/sessions/{code}/export',
    summary: 'Export a session',
    description:
      'Gives everything of a session, open or ended. With `Accept: text/csv` its questions as a table.',
    tags: ['Sessions'],
    example: { code },
    reasons: inSession,
  },
  delete: {
    method: 'DELETE',
    path: '/api/sessions/{code}',
    summary: 'Delete a session',
    description:
      'Deletes a session, open or ended, with everything in it. No token of it is good from then on.',
    tags: ['Sessions'],
    example: { code },
    reasons: inSession,
  },
  join: {
    method: 'POST',
    path: '/api/sessions/{code}/participants',
    summary: 'Join a session',
    description:
      'Lets somebody in under a name that is free in the session. With the token of the participant of that name it is the same participant again.',
    tags: ['Participants'],
    example: { code, displayName: 'Grace' },
    reasons: [...inOpenSession, 'SESSION_FULL', 'NAME_TAKEN', 'IDEMPOTENCY_KEY_REUSED'],
    creates: true,
  },
  participants: {
    method: 'GET',
    path: '/api/sessions/{code}/participants',
    summary: 'List the participants',
    description: 'Lists who takes part, in pages: the host, then the others by time of joining.',
    tags: ['Participants'],
    example: { code, limit: 50 },
    reasons: inSession,
  },
  removeParticipant: {
    method: 'DELETE',
    path: '/api/sessions/{code}/participants/{participantId}',
    summary: 'Remove a participant',
    description:
      'Takes somebody out who joined. With `block=true` neither the name nor the token comes in again.',
    tags: ['Participants'],
    example: { code, participantId: 2, block: false },
    reasons: inOpenSession,
  },
  createPairingCode: {
    method: 'POST',
    path: '/api/sessions/{code}/pairing-codes',
    summary: 'Create a pairing code',
    description:
      'Gives a code that makes another device the host’s. It is good once, for five minutes and ten guesses, and until the next one is drawn.',
    tags: ['Pairing'],
    example: { code },
    reasons: inOpenSession,
    creates: true,
  },
  redeemPairingCode: {
    method: 'POST',
    path: '/api/sessions/{code}/pairing-codes/redeem',
    summary: 'Redeem a pairing code',
    description: 'Gives a token of its own to another device of the host.',
    tags: ['Pairing'],
    example: { code, pairingCode: 'K7M2XJD4' },
    reasons: ['SESSION_NOT_FOUND', 'UNAUTHENTICATED'],
  },
} as const;
