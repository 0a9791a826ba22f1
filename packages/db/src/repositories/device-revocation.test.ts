import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import {
  holdLock,
  newParticipant,
  newSession,
  pairDevice,
  useTestDatabase,
  waitEvents,
} from '../testing.ts';
import { findSessionChanges } from './changes.ts';
import { type Revocation, revokeDeviceAsHost } from './device-revocation.ts';
import { findDevices, insertPairingAsHost, redeemPairing } from './devices.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertQuestion } from './insert-question.ts';
import { insertSession } from './insert-session.ts';
import { endSessionAsHost } from './session-lifecycle.ts';
import {
  findParticipantByToken,
  findParticipants,
  findParticipantWithPendingCount,
  findValidTokens,
} from './session-participants.ts';

const database = await useTestDatabase({ max: 20 });
const { db } = database;

async function createSession() {
  const session = newSession();
  const outcome = await insertSession(db, session);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return { ...session, id: outcome.session.id };
}
const revoke = (revocation: Revocation) =>
  db.transaction().execute((transaction) => revokeDeviceAsHost(transaction, revocation));
const submit = (code: string, tokenHash: Buffer, anonymous = false) =>
  insertQuestion(db, { code, tokenHash, anonymous, body: 'Why?', idempotencyKeyHash: null });
const changesOf = async (sessionId: number, after = -1) => {
  const call = { sessionId, after, participantId: null, limit: 500 };
  const changes = await findSessionChanges(db, call);
  if (changes === undefined) throw new Error('no such session');
  return changes;
};

test.each(['host', 'moderator', 'viewer'] as const)(
  'the token of a revoked %s is invalid, and all others stay valid',
  async (role) => {
    const session = await createSession();
    const { id: sessionId, code, tokenHash } = session;
    const device = await pairDevice(db, session, role);
    const other = await pairDevice(db, session, role);
    expect(await revoke({ code, tokenHash, deviceId: device.deviceId })).toEqual({
      kind: 'revoked',
      sessionId,
    });
    expect(await findParticipantByToken(db, device.tokenHash)).toBeUndefined();
    const tokens = [device, other, session].map((each) => each.tokenHash);
    expect(await findValidTokens(db, [...tokens, randomBytes(32)])).toEqual(tokens.slice(1));
    const { revoked, change_number } = await changesOf(sessionId, 0);
    expect(revoked).toEqual([{ id: device.participantId }]);
    expect(change_number).toBe(1);
    const page = { sessionId, tokenHash, afterId: 0, limit: 10 };
    expect(await findDevices(db, page)).toMatchObject([{ id: other.deviceId }]);
  },
);

test('a revoked moderator is neither listed nor named as an author', async () => {
  const session = await createSession();
  const { id: sessionId, code, tokenHash, hostDisplayName } = session;
  const { deviceId, participantId, ...moderator } = await pairDevice(db, session, 'moderator');
  await submit(code, moderator.tokenHash);
  await submit(code, moderator.tokenHash, true);
  const listed = () =>
    findParticipants(db, {
      sessionId,
      afterMicroseconds: 0,
      afterId: 0,
      limit: 10,
      includeBlocked: false,
    });
  expect(await listed()).toMatchObject([
    { role: 'host', display_name: hostDisplayName },
    { id: participantId, role: 'moderator', display_name: hostDisplayName },
  ]);
  expect(await findParticipantWithPendingCount(db, participantId)).toMatchObject({
    display_name: hostDisplayName,
    pending_questions: 2,
  });
  const authors = ({ questions }: Awaited<ReturnType<typeof changesOf>>) =>
    questions.map(({ change_number, author_name }) => [change_number, author_name]);
  expect(authors(await changesOf(sessionId))).toEqual([
    [2, null],
    [1, hostDisplayName],
  ]);

  await revoke({ code, tokenHash, deviceId });
  expect(await listed()).toMatchObject([{ role: 'host' }]);
  expect(await findParticipantWithPendingCount(db, participantId)).toBeUndefined();
  const changes = await changesOf(sessionId, 2);
  expect(authors(changes)).toEqual([[3, null]]);
  expect(changes.change_number).toBe(4);
});

test('revoking a device again changes nothing', async () => {
  const session = await createSession();
  const { id: sessionId, code, tokenHash } = session;
  const { deviceId } = await pairDevice(db, session, 'viewer');
  const calls = Array.from({ length: 5 }, () => revoke({ code, tokenHash, deviceId }));
  for (const outcome of await Promise.all(calls)) {
    expect(outcome).toEqual({ kind: 'revoked', sessionId });
  }
  expect((await changesOf(sessionId)).change_number).toBe(1);
});

test('a device of an ended session is revoked without a change of the session', async () => {
  const session = await createSession();
  const { id: sessionId, code, tokenHash } = session;
  const moderator = await pairDevice(db, session, 'moderator');
  await submit(code, moderator.tokenHash);
  await endSessionAsHost(db, session);
  const { deviceId } = moderator;
  expect(await revoke({ code, tokenHash, deviceId })).toEqual({ kind: 'revoked', sessionId });
  expect(await findParticipantByToken(db, moderator.tokenHash)).toBeUndefined();
  expect(await changesOf(sessionId)).toMatchObject({
    change_number: 2,
    questions: [{ change_number: 1, author_name: null }],
  });
});

test('only a redeemed device of the session can be revoked, and only by the host', async () => {
  const session = await createSession();
  const { code, tokenHash } = session;
  const [moderator, viewer] = [
    await pairDevice(db, session, 'moderator'),
    await pairDevice(db, session, 'viewer'),
  ];
  const elsewhere = await pairDevice(db, await createSession(), 'host');
  const pairing = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300 };
  await insertPairingAsHost(db, { ...pairing, role: 'host' });
  const { id: pending } = await db
    .selectFrom('pairings')
    .where('code_hash', '=', pairing.codeHash)
    .select('id')
    .executeTakeFirstOrThrow();
  for (const deviceId of [elsewhere.deviceId, pending, 999_999_999]) {
    expect(await revoke({ code, tokenHash, deviceId })).toEqual({ kind: 'device-not-found' });
  }
  const participant = newParticipant({ code });
  await insertParticipant(db, participant);
  const { deviceId } = moderator;
  for (const caller of [moderator, viewer, participant, elsewhere]) {
    const outcome = await revoke({ code, tokenHash: caller.tokenHash, deviceId });
    expect(outcome).toEqual({ kind: 'refused', reason: 'forbidden' });
  }
  expect(await findValidTokens(db, [moderator.tokenHash])).toHaveLength(1);
});

test('a moderator whose question waits for the revocation submits nothing', async () => {
  const session = await createSession();
  const { id: sessionId, code } = session;
  const { deviceId, participantId, ...moderator } = await pairDevice(db, session, 'moderator');
  const release = await holdLock(
    db,
    sql`
      with revoked as (update pairings set revoked_at = now() where id = ${deviceId})
      update session_participants set removal_change_number = 1
      where id = (select id from session_participants where id = ${participantId} for update)
    `,
  );
  const submitted = submit(code, moderator.tokenHash).then(
    ({ kind }) => kind,
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  );
  await vi.waitUntil(async () => (await waitEvents(db)).includes('Lock'));
  await release();
  expect(await submitted).toBe('ConflictError');
  expect((await changesOf(sessionId)).questions).toEqual([]);
  expect(await submit(code, moderator.tokenHash)).toEqual({
    kind: 'refused',
    reason: 'unauthenticated',
  });
});

test.each(['host', 'moderator', 'viewer'] as const)(
  'an unredeemed pairing code of a revoked device of the host is invalid, whatever its role is: %s',
  async (role) => {
    const session = await createSession();
    const { code, tokenHash } = session;
    const device = await pairDevice(db, session, 'host');
    const codeHash = randomBytes(32);
    const pairing = { code, codeHash, ttlSeconds: 300, role };
    await insertPairingAsHost(db, { ...pairing, tokenHash: device.tokenHash });
    await revoke({ code, tokenHash, deviceId: device.deviceId });
    const guess = { code, codeHash, tokenHash: randomBytes(32) };
    expect(await redeemPairing(db, guess)).toEqual({ kind: 'wrong-code' });
    await insertPairingAsHost(db, { ...pairing, tokenHash });
    expect(await redeemPairing(db, guess)).toMatchObject({ kind: 'redeemed' });
  },
);

test('revoking a moderator or a viewer leaves an unredeemed pairing code valid', async () => {
  const session = await createSession();
  const { code, tokenHash } = session;
  const devices = [
    await pairDevice(db, session, 'moderator'),
    await pairDevice(db, session, 'viewer'),
  ];
  const codeHash = randomBytes(32);
  await insertPairingAsHost(db, { code, tokenHash, codeHash, ttlSeconds: 300, role: 'host' });
  for (const { deviceId } of devices) await revoke({ code, tokenHash, deviceId });
  const outcome = await redeemPairing(db, { code, codeHash, tokenHash: randomBytes(32) });
  expect(outcome).toMatchObject({ kind: 'redeemed' });
});

test('a device of the host whose pairing code waits for the revocation creates none', async () => {
  const session = await createSession();
  const { code, tokenHash } = session;
  const device = await pairDevice(db, session, 'host');
  const transaction = await db.startTransaction().execute();
  await revokeDeviceAsHost(transaction, { code, tokenHash, deviceId: device.deviceId });
  const pairing = { codeHash: randomBytes(32), ttlSeconds: 300, role: 'host' } as const;
  const created = db
    .transaction()
    .execute((each) =>
      insertPairingAsHost(each, { code, tokenHash: device.tokenHash, ...pairing }),
    );
  await vi.waitUntil(async () => (await waitEvents(db)).includes('Lock'));
  await transaction.commit().execute();
  expect(await created).toEqual({ kind: 'refused', reason: 'unauthenticated' });
});
