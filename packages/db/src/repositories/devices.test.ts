import { randomBytes } from 'node:crypto';
import type { DeviceRole } from '@classroom/schema';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newSession, pairDevice, useTestDatabase } from '../testing.ts';
import { findDevices, insertPairingAsHost, redeemPairing } from './devices.ts';
import { insertSession } from './insert-session.ts';
import { endSessionAsHost, startSessionAsHost } from './session-lifecycle.ts';
import { findParticipantByToken } from './session-participants.ts';

const database = await useTestDatabase({ max: 20 });
const { db } = database;

async function createSession() {
  const session = newSession();
  const outcome = await insertSession(db, session);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return { ...session, id: outcome.session.id };
}

/** Creates a session with a pairing code. */
async function createPairing(role: DeviceRole = 'host') {
  const session = await createSession();
  const { code, tokenHash } = session;
  const codeHash = randomBytes(32);
  await insertPairingAsHost(db, { code, tokenHash, codeHash, ttlSeconds: 300, role });
  return { ...session, codeHash };
}
const redeem = (code: string, codeHash: Buffer, tokenHash = randomBytes(32)) =>
  redeemPairing(db, { code, codeHash, tokenHash });

test('a host code grants the new token the rights of the host, and the first token stays valid', async () => {
  const { code, codeHash, tokenHash } = await createPairing();
  const second = randomBytes(32);
  expect(await redeem(code, codeHash, second)).toMatchObject({
    kind: 'redeemed',
    session: { code },
    participant: { role: 'host' },
  });
  const [one, other] = await Promise.all(
    [tokenHash, second].map((hash) => findParticipantByToken(db, hash)),
  );
  expect(other).toEqual(one);
  expect(await startSessionAsHost(db, { code, tokenHash: second })).toMatchObject({
    kind: 'changed',
    session: { code },
  });
});

test.each(['moderator', 'viewer'] as const)(
  'a %s code makes the device a participant of its own, without name, token and slot',
  async (role) => {
    const { code, codeHash, id: sessionId } = await createPairing(role);
    const token = randomBytes(32);
    const outcome = await redeem(code, codeHash, token);
    if (outcome.kind !== 'redeemed') throw new Error(outcome.kind);
    const { id, joined_at } = outcome.participant;
    expect(outcome.participant.role).toBe(role);
    expect(await findParticipantByToken(db, token)).toEqual({ id, session_id: sessionId, role });
    const row = await db
      .selectFrom('session_participants')
      .where('id', '=', id)
      .select(['user_id', 'token_hash', 'session_slot', 'joined_at'])
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ user_id: null, token_hash: null, session_slot: null, joined_at });
  },
);

test('a redeemed pairing code is forgotten', async () => {
  const { code, codeHash } = await createPairing('moderator');
  const token = randomBytes(32);
  await redeem(code, codeHash, token);
  const row = await db
    .selectFrom('pairings')
    .where('token_hash', '=', token)
    .select(['code_hash', 'redeemed_at', 'revoked_at'])
    .executeTakeFirstOrThrow();
  expect(row).toEqual({ code_hash: null, redeemed_at: expect.any(Date), revoked_at: null });
});

test.each(['host', 'moderator'] as const)(
  'a %s code works once in twenty parallel calls',
  async (role) => {
    for (let round = 0; round < 5; round += 1) {
      const { code, codeHash, id } = await createPairing(role);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => redeem(code, codeHash)));
      expect(outcomes.filter((outcome) => outcome.kind === 'redeemed')).toHaveLength(1);
      const { rows } = await sql`
        select from session_participants where session_id = ${id} and role = 'moderator'
      `.execute(db);
      expect(rows).toHaveLength(role === 'moderator' ? 1 : 0);
    }
  },
);

test('twenty wrong guesses, in parallel too, leave the right code valid', async () => {
  const { code, codeHash } = await createPairing();
  const wrong = await Promise.all(Array.from({ length: 20 }, () => redeem(code, randomBytes(32))));
  expect(wrong.filter((outcome) => outcome.kind !== 'wrong-code')).toEqual([]);
  expect(await redeem(code, codeHash)).toMatchObject({ kind: 'redeemed' });
});

test('a new pairing code replaces the previous one, also one of another role', async () => {
  const { code, codeHash, tokenHash } = await createPairing('viewer');
  const next = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300 };
  await insertPairingAsHost(db, { ...next, role: 'moderator' });
  expect(await redeem(code, codeHash)).toEqual({ kind: 'wrong-code' });
  expect(await redeem(code, next.codeHash)).toMatchObject({
    kind: 'redeemed',
    participant: { role: 'moderator' },
  });
});

test('a pairing code is valid for its own session, until it expires or the session ends', async () => {
  const one = await createPairing();
  const other = await createPairing();
  expect(await redeem(other.code, one.codeHash)).toEqual({ kind: 'wrong-code' });
  await sql`update pairings set expires_at = now()`.execute(db);
  expect(await redeem(one.code, one.codeHash)).toEqual({ kind: 'wrong-code' });
  await endSessionAsHost(db, other);
  expect(await redeem(other.code, other.codeHash)).toEqual({
    kind: 'refused',
    reason: 'session-not-found',
  });
  const { code, tokenHash } = other;
  const again = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300 };
  expect(await insertPairingAsHost(db, { ...again, role: 'host' })).toEqual({
    kind: 'refused',
    reason: 'session-ended',
  });
});

test('only the host can create a pairing code', async () => {
  const session = await createSession();
  const { code } = session;
  const { tokenHash: foreign } = await createSession();
  const { tokenHash: moderator } = await pairDevice(db, session, 'moderator');
  const { tokenHash: viewer } = await pairDevice(db, session, 'viewer');
  for (const [tokenHash, reason] of [
    [foreign, 'forbidden'],
    [moderator, 'forbidden'],
    [viewer, 'forbidden'],
    [randomBytes(32), 'unauthenticated'],
  ] as const) {
    const call = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300 };
    const outcome = await insertPairingAsHost(db, { ...call, role: 'host' });
    expect(outcome).toEqual({ kind: 'refused', reason });
  }
});

test('a page of devices has those of the session that are redeemed, by id', async () => {
  const session = await createPairing();
  const { tokenHash } = session;
  const host = await pairDevice(db, session, 'host');
  const moderator = await pairDevice(db, session, 'moderator');
  const viewer = await pairDevice(db, session, 'viewer');
  const { code } = session;
  await insertPairingAsHost(db, {
    code,
    tokenHash,
    codeHash: randomBytes(32),
    ttlSeconds: 300,
    role: 'viewer',
  });
  await pairDevice(db, await createSession(), 'moderator');
  const page = (afterId: number, limit: number) =>
    findDevices(db, { sessionId: session.id, tokenHash: host.tokenHash, afterId, limit });
  const created_at: unknown = expect.any(Date);
  const expected = [
    { id: host.deviceId, role: 'host', is_current: true, created_at },
    { id: moderator.deviceId, role: 'moderator', is_current: false, created_at },
    { id: viewer.deviceId, role: 'viewer', is_current: false, created_at },
  ];
  expect(await page(0, 10)).toEqual(expected);
  expect(await page(0, 2)).toEqual(expected.slice(0, 2));
  expect(await page(moderator.deviceId, 2)).toEqual(expected.slice(2));
});
