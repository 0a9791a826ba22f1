import { createHash, randomBytes } from 'node:crypto';
import { CompiledQuery } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from './database.ts';
import { insertParticipant } from './repositories/insert-participant.ts';
import { insertSession } from './repositories/insert-session.ts';
import {
  deleteSession,
  lockSessionAsHost,
  lockSessionEndedBefore,
} from './repositories/session-deletion.ts';
import {
  deleteUnusedHostKeys,
  forgetHostKey,
  insertHostKey,
  rotateHostKey,
} from './repositories/host-keys.ts';
import { enterSession, findHostKey, findHostSessions } from './repositories/host-sessions.ts';
import { revokeDeviceAsHost } from './repositories/device-revocation.ts';
import { findDevices, insertPairingAsHost, redeemPairing } from './repositories/devices.ts';
import { muteAuthorAsModerator } from './repositories/author-muting.ts';
import {
  findSequenceNumbers,
  findSessionChanges,
  findSessionSnapshot,
} from './repositories/changes.ts';
import {
  pinQuestionAsModerator,
  setQuestionStatusAsModerator,
} from './repositories/question-moderation.ts';
import {
  findReplayedQuestion,
  findNewestQuestions,
  findTopQuestions,
} from './repositories/questions.ts';
import {
  blockRemovedParticipant,
  unblockParticipantAsHost,
} from './repositories/participant-blocks.ts';
import { leaveSession, removeParticipantAsModerator } from './repositories/participant-removal.ts';
import {
  exportModerators,
  exportParticipants,
  exportQuestions,
} from './repositories/session-export.ts';
import {
  findReplayedParticipant,
  findParticipantByToken,
  findParticipants,
  findParticipantWithPendingCount,
  findValidTokens,
} from './repositories/session-participants.ts';
import {
  configureSessionAsHost,
  endSessionAsHost,
  extendSessionAsHost,
  startSessionAsHost,
} from './repositories/session-lifecycle.ts';
import {
  endExpiredSessions,
  findSessionByCode,
  findSessionForCaller,
  sweepExpiredSessions,
} from './repositories/sessions.ts';
import { insertQuestion } from './repositories/insert-question.ts';
import { castVotes } from './repositories/votes.ts';
import { withdrawQuestionAsAuthor } from './repositories/question-withdrawal.ts';
import { captureQueries, newParticipant, newSession, useTestDatabase } from './testing.ts';
import { fillTables } from './testing/fill-tables.ts';

const database = await useTestDatabase({ statementTimeoutMs: 0 });
await fillTables(database.db);

const tokenHash = randomBytes(32);
const call = { code: '0000000001', tokenHash };
const keyHash = createHash('sha256').update('2').digest();
const newKey = () => ({
  keyHash: randomBytes(32),
  idempotencyKeyHash: randomBytes(32),
  keySeed: randomBytes(32),
});
const list = {
  sessionId: 5,
  tokenHash,
  statuses: ['waiting', 'pending', 'answered'],
  waitingOf: 7,
  limit: 51,
} as const;

/** Returns the plan of each query that `run` sends. */
async function explain(run: (db: Database) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  for (const { sql: text, parameters } of await captureQueries(database.url, run)) {
    const query = CompiledQuery.raw(`explain ${text}`, [...parameters]);
    const { rows } = await database.db.executeQuery<{ 'QUERY PLAN': string }>(query);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
  }
  return plans;
}

test.each<[string, (db: Database) => Promise<unknown>]>([
  ['insertSession', (db) => insertSession(db, newSession())],
  ['insertSession with a host key', (db) => insertSession(db, newSession({ hostKey: { id: 2 } }))],
  [
    'insertSession with the hash of a host key',
    (db) => insertSession(db, newSession({ hostKey: { hash: keyHash } })),
  ],
  ['insertHostKey', (db) => insertHostKey(db, newKey())],
  ['rotateHostKey', (db) => rotateHostKey(db, tokenHash, newKey())],
  ['forgetHostKey', (db) => forgetHostKey(db, tokenHash)],
  ['findHostKey', (db) => findHostKey(db, tokenHash)],
  ['findHostSessions', (db) => findHostSessions(db, { hostKeyId: 2, beforeId: 20_000, limit: 51 })],
  ['enterSession', (db) => enterSession(db, { code: '0000000002', keyHash, tokenHash })],
  ['deleteUnusedHostKeys', (db) => deleteUnusedHostKeys(db, { days: 400, limit: 500 })],
  ['insertParticipant', (db) => insertParticipant(db, newParticipant({ code: '0000000001' }))],
  ['findSessionByCode', (db) => findSessionByCode(db, '0000000001')],
  ['findSessionForCaller', (db) => findSessionForCaller(db, call)],
  ['startSessionAsHost', (db) => startSessionAsHost(db, call)],
  ['extendSessionAsHost', (db) => extendSessionAsHost(db, { ...call, ttlSeconds: 1 })],
  ['configureSessionAsHost', (db) => configureSessionAsHost(db, { ...call, joining: 'closed' })],
  ['endSessionAsHost', (db) => endSessionAsHost(db, call)],
  ['endExpiredSessions', (db) => endExpiredSessions(db, { hostDisplayName: 'host 1' })],
  ['endExpiredSessions of a host key', (db) => endExpiredSessions(db, { hostKeyId: 2 })],
  ['sweepExpiredSessions', (db) => sweepExpiredSessions(db, 100)],
  ['findParticipantByToken', (db) => findParticipantByToken(db, tokenHash)],
  [
    'findParticipants',
    (db) =>
      findParticipants(db, {
        sessionId: 1,
        afterMicroseconds: 0,
        afterId: 0,
        limit: 51,
        includeBlocked: true,
      }),
  ],
  [
    'removeParticipantAsModerator',
    (db) =>
      removeParticipantAsModerator(db, {
        code: '0000000001',
        tokenHash,
        participantId: 1,
        block: false,
      }),
  ],
  ['blockRemovedParticipant', (db) => blockRemovedParticipant(db, { id: 1, session_id: 1 })],
  ['unblockParticipantAsHost', (db) => unblockParticipantAsHost(db, { ...call, participantId: 1 })],
  ['leaveSession', (db) => leaveSession(db, call)],
  ['findParticipantWithPendingCount', (db) => findParticipantWithPendingCount(db, 1)],
  [
    'insertPairingAsHost',
    (db) =>
      insertPairingAsHost(db, {
        code: '0000000001',
        tokenHash,
        codeHash: tokenHash,
        ttlSeconds: 1,
        role: 'host',
      }),
  ],
  [
    'redeemPairing',
    (db) => redeemPairing(db, { code: '0000000001', codeHash: tokenHash, tokenHash }),
  ],
  ['findDevices', (db) => findDevices(db, { sessionId: 1, tokenHash, afterId: 0, limit: 51 })],
  ['revokeDeviceAsHost', (db) => revokeDeviceAsHost(db, { ...call, deviceId: 1 })],
  ['findValidTokens', (db) => findValidTokens(db, [tokenHash])],
  ['exportModerators', (db) => exportModerators(db, 5)],
  ['lockSessionAsHost', (db) => lockSessionAsHost(db, call)],
  ['lockSessionEndedBefore', (db) => lockSessionEndedBefore(db, { days: 30, excludedIds: [1] })],
  ['deleteSession', (db) => deleteSession(db, 19)],
  [
    'findSessionChanges',
    (db) => findSessionChanges(db, { sessionId: 1, after: 3, participantId: 1, limit: 500 }),
  ],
  [
    'findSessionSnapshot',
    (db) =>
      findSessionSnapshot(db, {
        sessionId: 1,
        participantId: 1,
        tokenHash,
        includeHidden: true,
        limit: 500,
      }),
  ],
  ['findSequenceNumbers', (db) => findSequenceNumbers(db, [1, 2])],
  [
    'insertQuestion',
    (db) =>
      insertQuestion(db, {
        code: '0000000001',
        tokenHash,
        body: 'Why?',
        anonymous: false,
        idempotencyKeyHash: null,
      }),
  ],
  ['findReplayedQuestion', (db) => findReplayedQuestion(db, tokenHash)],
  ['withdrawQuestionAsAuthor', (db) => withdrawQuestionAsAuthor(db, { questionId: 1, tokenHash })],
  ['castVotes', (db) => castVotes(db, 1, [{ tokenHash, on: true }])],
  [
    'pinQuestionAsModerator',
    (db) => pinQuestionAsModerator(db, { questionId: 1, tokenHash, on: true }),
  ],
  [
    'setQuestionStatusAsModerator',
    (db) => setQuestionStatusAsModerator(db, { questionId: 1, tokenHash, status: 'pending' }),
  ],
  [
    'muteAuthorAsModerator',
    (db) => muteAuthorAsModerator(db, { questionId: 1, tokenHash, muted: true }),
  ],
  ['exportParticipants', (db) => exportParticipants(db, { sessionId: 5, afterId: 0, limit: 1000 })],
  ['exportQuestions', (db) => exportQuestions(db, { sessionId: 5, afterId: 0, limit: 1000 })],
  ['findReplayedParticipant', (db) => findReplayedParticipant(db, tokenHash)],
])('%s uses indexes and scans no table', async (_, run) => {
  for (const plan of await explain(run)) {
    expect(plan).toContain('Index');
    expect(plan).not.toMatch(
      /Seq Scan on (users|host_keys|sessions|session_participants|removed_participants|pairings|questions|question_votes)/,
    );
  }
});

test.each<[string, (db: Database) => Promise<unknown>]>([
  [
    'questions_top_idx',
    (db) => findTopQuestions(db, { ...list, afterPinned: false, afterVotes: 30, afterId: 4500 }),
  ],
  [
    'questions_newest_idx',
    (db) => findNewestQuestions(db, { ...list, afterId: Number.MAX_SAFE_INTEGER }),
  ],
])('a page of questions is read from %s without sorting', async (index, run) => {
  for (const plan of await explain(run)) {
    expect(plan).toContain(index);
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  }
});
