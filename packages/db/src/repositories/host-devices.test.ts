import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newSession, useTestDatabase } from '../testing.ts';
import { insertPairingAsHost, redeemPairing } from './host-devices.ts';
import { insertSession } from './insert-session.ts';
import { endSessionAsHost, startSessionAsHost } from './session-lifecycle.ts';
import { findParticipantByToken } from './session-participants.ts';

const database = await useTestDatabase({ max: 20 });

/** Creates a session with a pairing code. */
async function createPairing(guesses = 3) {
  const session = newSession();
  await insertSession(database.db, session);
  const { code, tokenHash } = session;
  const codeHash = randomBytes(32);
  await insertPairingAsHost(database.db, { code, tokenHash, codeHash, ttlSeconds: 300, guesses });
  return { code, tokenHash, codeHash };
}
const redeem = (code: string, codeHash: Buffer, tokenHash = randomBytes(32)) =>
  redeemPairing(database.db, { code, codeHash, tokenHash });

test('the right code grants the new token the rights of the host, and the first token stays valid', async () => {
  const { code, codeHash, tokenHash } = await createPairing();
  const second = randomBytes(32);
  expect(await redeem(code, codeHash, second)).toMatchObject({
    kind: 'redeemed',
    session: { code },
  });
  const [one, other] = await Promise.all(
    [tokenHash, second].map((hash) => findParticipantByToken(database.db, hash)),
  );
  expect(other).toEqual(one);
  expect(await startSessionAsHost(database.db, { code, tokenHash: second })).toMatchObject({
    kind: 'changed',
    session: { code },
  });
});

test('a pairing code works once in twenty parallel calls', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { code, codeHash } = await createPairing();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => redeem(code, codeHash)));
    expect(outcomes.filter((outcome) => outcome.kind === 'redeemed')).toHaveLength(1);
  }
});

test('after the last wrong guess, in parallel too, the right code is refused', async () => {
  const { code, codeHash } = await createPairing(3);
  const wrong = await Promise.all(Array.from({ length: 5 }, () => redeem(code, randomBytes(32))));
  expect(wrong.filter((outcome) => outcome.kind === 'redeemed')).toEqual([]);
  expect(await redeem(code, codeHash)).toEqual({ kind: 'wrong-code' });
});

test('a new pairing code replaces the previous one and resets the guesses', async () => {
  const { code, codeHash, tokenHash } = await createPairing(1);
  await redeem(code, randomBytes(32));
  const next = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300, guesses: 3 };
  await insertPairingAsHost(database.db, next);
  expect(await redeem(code, codeHash)).toEqual({ kind: 'wrong-code' });
  expect(await redeem(code, next.codeHash)).toMatchObject({ kind: 'redeemed' });
});

test('a pairing code is valid for its own session, until it expires or the session ends', async () => {
  const one = await createPairing();
  const other = await createPairing();
  expect(await redeem(other.code, one.codeHash)).toEqual({ kind: 'wrong-code' });
  await sql`update pairings set expires_at = now()`.execute(database.db);
  expect(await redeem(one.code, one.codeHash)).toEqual({ kind: 'wrong-code' });
  await endSessionAsHost(database.db, other);
  expect(await redeem(other.code, other.codeHash)).toEqual({
    kind: 'refused',
    reason: 'session-not-found',
  });
  const again = { ...other, codeHash: randomBytes(32), ttlSeconds: 300, guesses: 3 };
  expect(await insertPairingAsHost(database.db, again)).toEqual({
    kind: 'refused',
    reason: 'session-ended',
  });
});

test('only the host can create a pairing code', async () => {
  const { code, codeHash } = await createPairing();
  const foreign = await createPairing();
  for (const [tokenHash, reason] of [
    [foreign.tokenHash, 'forbidden'],
    [randomBytes(32), 'unauthenticated'],
  ] as const) {
    const call = { code, tokenHash, codeHash, ttlSeconds: 300, guesses: 3 };
    expect(await insertPairingAsHost(database.db, call)).toEqual({ kind: 'refused', reason });
  }
});
