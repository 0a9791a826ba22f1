import type { DeviceRole } from '@classroom/schema';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  captureQueries,
  insertQuestions,
  newParticipant,
  newSession,
  pairDevice,
  useTestDatabase,
} from '../testing.ts';
import { findSequenceNumbers, findSessionChanges, findSessionSnapshot } from './changes.ts';
import { revokeDeviceAsHost } from './device-revocation.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsModerator } from './participant-removal.ts';
import { endSessionAsHost, startSessionAsHost } from './session-lifecycle.ts';
import { sweepExpiredSessions } from './sessions.ts';

const database = await useTestDatabase();

async function createSession() {
  const session = newSession();
  const outcome = await insertSession(database.db, session);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return { ...session, id: outcome.session.id };
}
const NOBODY = { participantId: null, tokenHash: Buffer.alloc(32) };
const changes = (sessionId: number, after = -1, limit = 500) =>
  findSessionChanges(database.db, { sessionId, after, participantId: null, limit });

async function join(code: string) {
  const participant = newParticipant({ code });
  const outcome = await insertParticipant(database.db, participant);
  if (outcome.kind !== 'added') throw new Error(outcome.kind);
  return { participantId: outcome.participant.id, tokenHash: participant.tokenHash };
}

/** Pairs a device of each role. */
async function pairEach(session: { code: string; tokenHash: Buffer }) {
  const pair = (role: DeviceRole) => pairDevice(database.db, session, role);
  return [await pair('host'), await pair('moderator'), await pair('viewer')];
}

test('a status change increments the sequence number; repeating it does not', async () => {
  const session = await createSession();
  expect(await changes(session.id)).toMatchObject({ change_number: 0, status_change_number: 0 });
  await startSessionAsHost(database.db, session);
  await startSessionAsHost(database.db, session);
  expect(await changes(session.id)).toMatchObject({ change_number: 1, status_change_number: 1 });
  await endSessionAsHost(database.db, session);
  await endSessionAsHost(database.db, session);
  expect(await changes(session.id)).toMatchObject({
    change_number: 2,
    status_change_number: 2,
    status: 'ended',
  });
});

test('a sweep assigns a sequence number to the sessions that it ends', async () => {
  const session = await createSession();
  await sql`update sessions set expires_at = now() where id = ${session.id}`.execute(database.db);
  expect(await sweepExpiredSessions(database.db, 100)).toContain(session.id);
  expect(await changes(session.id)).toMatchObject({ status_change_number: 1 });
});

test('findSessionChanges returns the participants removed or blocked after the sequence number', async () => {
  const { id: sessionId, code, tokenHash } = await createSession();
  const ids: number[] = [];
  for (const block of [false, true]) {
    const outcome = await insertParticipant(database.db, newParticipant({ code }));
    if (outcome.kind !== 'added') throw new Error(outcome.kind);
    const participantId = outcome.participant.id;
    await removeParticipantAsModerator(database.db, { code, tokenHash, participantId, block });
    ids.push(participantId);
  }
  const removedAfter = async (after: number) =>
    (await changes(sessionId, after))?.revoked.map(({ id }) => id);
  expect((await removedAfter(0))?.toSorted((a, b) => a - b)).toEqual(ids);
  expect(await removedAfter(1)).toEqual(ids.slice(1));
  expect(await removedAfter(2)).toEqual([]);
});

test('a snapshot contains all visible questions among 1,200 withdrawn or hidden ones', async () => {
  const { id: sessionId, code } = await createSession();
  await insertQuestions(database.db, { code, status: 'answered', count: 3 });
  await insertQuestions(database.db, { code, status: 'hidden', count: 600 });
  await insertQuestions(database.db, { code, status: 'withdrawn', count: 600 });
  const statuses = async (includeHidden: boolean, limit: number) => {
    const call = { sessionId, ...NOBODY, includeHidden, limit };
    const found = await findSessionSnapshot(database.db, call);
    return Object.groupBy(found?.questions ?? [], ({ status }) => status);
  };
  const forStudents = await statuses(false, 500);
  expect(Object.keys(forStudents)).toEqual(['answered']);
  expect(forStudents.answered).toHaveLength(3);
  const forHost = await statuses(true, 1000);
  expect(Object.keys(forHost).toSorted()).toEqual(['answered', 'hidden']);
  expect([forHost.answered?.length, forHost.hidden?.length]).toEqual([3, 600]);
});

test('a snapshot above its limit contains the pinned questions and those with the most votes', async () => {
  const { id: sessionId, code } = await createSession();
  await insertQuestions(database.db, { code, status: 'answered', count: 10 });
  const { rows } = await sql<{ id: number }>`
    update questions set pinned = rank = 3, vote_count = rank
    from (
      select id, row_number() over (order by id) as rank from questions
      where session_id = ${sessionId}
    ) ranked
    where questions.id = ranked.id and rank in (3, 7, 8) returning questions.id
  `.execute(database.db);
  const call = { sessionId, ...NOBODY, includeHidden: false, limit: 3 };
  const found = await findSessionSnapshot(database.db, call);
  const ids = (questions: { id: number }[] = []) =>
    questions.map(({ id }) => id).toSorted((a, b) => a - b);
  expect(ids(found?.questions)).toEqual(ids(rows));
});

test('a snapshot has the form and order of findSessionChanges', async () => {
  const { id: sessionId, code } = await createSession();
  const { participantId, tokenHash } = await join(code);
  await insertQuestions(database.db, { code, status: 'answered', count: 5 });
  await sql`
    insert into question_votes select min(id), ${participantId} from questions
    where session_id = ${sessionId}
  `.execute(database.db);
  const call = { sessionId, participantId, limit: 500 };
  const changed = await findSessionChanges(database.db, { ...call, after: -1 });
  const found = await findSessionSnapshot(database.db, {
    ...call,
    tokenHash,
    includeHidden: false,
  });
  const { seconds_since_change: since, is_valid: isValid, ...shape } = found ?? {};
  expect([typeof since, isValid]).toEqual(['number', true]);
  expect(changed).toMatchObject(shape);
  expect(Object.keys({ ...changed, is_valid: true })).toEqual(Object.keys(found ?? {}));
  expect(found?.questions.filter(({ voted }) => voted)).toHaveLength(1);
});

test('a snapshot reports whether its token is valid in the session', async () => {
  const session = await createSession();
  const { id: sessionId, code, tokenHash } = session;
  const { db } = database;
  const [stays, removed, blocked] = [await join(code), await join(code), await join(code)];
  for (const { participantId } of [removed, blocked]) {
    const block = participantId === blocked.participantId;
    await removeParticipantAsModerator(db, { code, tokenHash, participantId, block });
  }
  const [devices, revoked] = [await pairEach(session), await pairEach(session)];
  for (const { deviceId } of revoked) {
    await db
      .transaction()
      .execute((each) => revokeDeviceAsHost(each, { code, tokenHash, deviceId }));
  }
  const elsewhere = await join((await createSession()).code);
  const isValid = async (caller: { participantId: number; tokenHash: Buffer }) => {
    const { participantId } = caller;
    const call = { sessionId, participantId, includeHidden: false, limit: 500 };
    return (await findSessionSnapshot(db, { ...call, tokenHash: caller.tokenHash }))?.is_valid;
  };
  for (const caller of [stays, ...devices]) expect(await isValid(caller)).toBe(true);
  for (const caller of [removed, blocked, elsewhere, ...revoked]) {
    expect(await isValid(caller)).toBe(false);
  }
});

test('findSessionChanges sends one statement', async () => {
  const { id: sessionId } = await createSession();
  const sent = await captureQueries(database.url, (db) =>
    findSessionChanges(db, { sessionId, after: -1, participantId: null, limit: 500 }),
  );
  expect(sent).toHaveLength(1);
});

test('findSequenceNumbers leaves out sessions that do not exist', async () => {
  const [one, other] = [await createSession(), await createSession()];
  await startSessionAsHost(database.db, other);
  const found = await findSequenceNumbers(database.db, [one.id, other.id, 999_999_999]);
  expect(found.toSorted((a, b) => a.id - b.id)).toEqual([
    { id: one.id, change_number: 0 },
    { id: other.id, change_number: 1 },
  ]);
  expect(await changes(999_999_999)).toBeUndefined();
});
