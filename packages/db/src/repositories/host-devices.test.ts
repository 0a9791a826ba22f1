import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newSession, useTestDatabase } from '../testing.ts';
import { insertPairing, redeemPairing } from './host-devices.ts';
import { insertSession } from './insert-session.ts';
import { endSessionAsHost, startSessionAsHost } from './session-lifecycle.ts';
import { findParticipantByToken } from './session-participants.ts';

const database = await useTestDatabase({ max: 20 });

/** A session whose host has asked for a pairing code. */
async function pairing(guesses = 3) {
  const session = newSession();
  await insertSession(database.db, session);
  const { code, tokenHash } = session;
  const codeHash = randomBytes(32);
  await insertPairing(database.db, { code, tokenHash, codeHash, ttlSeconds: 300, guesses });
  return { code, tokenHash, codeHash };
}
const redeem = (code: string, codeHash: Buffer, tokenHash = randomBytes(32)) =>
  redeemPairing(database.db, { code, codeHash, tokenHash });

test('the right code gives the host’s rights to another token, and leaves the first', async () => {
  const { code, codeHash, tokenHash } = await pairing();
  const second = randomBytes(32);
  expect(await redeem(code, codeHash, second)).toMatchObject({ redeemed: true, session: { code } });
  const [one, other] = await Promise.all(
    [tokenHash, second].map((hash) => findParticipantByToken(database.db, hash)),
  );
  expect(other).toEqual(one);
  expect(await startSessionAsHost(database.db, { code, tokenHash: second })).toMatchObject({
    code,
  });
});

test('in twenty parallel calls it works once', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { code, codeHash } = await pairing();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => redeem(code, codeHash)));
    expect(outcomes.filter((outcome) => outcome?.redeemed)).toHaveLength(1);
  }
});

test('after as many wrong guesses as there are, in parallel too, the right one is wrong', async () => {
  const { code, codeHash } = await pairing(3);
  const wrong = await Promise.all(Array.from({ length: 5 }, () => redeem(code, randomBytes(32))));
  expect(wrong.filter((outcome) => outcome?.redeemed)).toEqual([]);
  expect(await redeem(code, codeHash)).toMatchObject({ redeemed: false });
});

test('a new code takes the place of the last, with guesses of its own', async () => {
  const { code, codeHash, tokenHash } = await pairing(1);
  await redeem(code, randomBytes(32));
  const next = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300, guesses: 3 };
  await insertPairing(database.db, next);
  expect(await redeem(code, codeHash)).toMatchObject({ redeemed: false });
  expect(await redeem(code, next.codeHash)).toMatchObject({ redeemed: true });
});

test('it is good for its own session, for its time, and while the session is open', async () => {
  const one = await pairing();
  const other = await pairing();
  expect(await redeem(other.code, one.codeHash)).toMatchObject({ redeemed: false });
  await sql`update pairings set expires_at = now()`.execute(database.db);
  expect(await redeem(one.code, one.codeHash)).toMatchObject({ redeemed: false });
  await endSessionAsHost(database.db, other);
  expect(await redeem(other.code, other.codeHash)).toBeUndefined();
  const again = { ...other, codeHash: randomBytes(32), ttlSeconds: 300, guesses: 3 };
  expect(await insertPairing(database.db, again)).toBeUndefined();
});

test('nobody but the host gets one', async () => {
  const { code, codeHash } = await pairing();
  const foreign = await pairing();
  for (const tokenHash of [foreign.tokenHash, randomBytes(32)]) {
    const asked = { code, tokenHash, codeHash, ttlSeconds: 300, guesses: 3 };
    expect(await insertPairing(database.db, asked)).toBeUndefined();
  }
});
