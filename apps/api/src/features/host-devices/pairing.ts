import { type Database, insertPairing, redeemPairing } from '@classroom/db';
import {
  type CreatedPairingCode,
  PAIRING_CODE_LENGTH,
  type RedeemPairingCodeInput,
  type RedeemedPairingCode,
  type SessionByCodeInput,
} from '@classroom/schema';
import { findSessionAsHost } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';
import { generateCode, hashSecret, createToken } from '../../secrets.ts';

const TTL_SECONDS = 5 * 60;
/** With 23^8 codes, one chance in eight thousand million. */
const GUESSES = 10;

/**
 * Draws a code that gives the host's rights to another device, once and within five minutes. The one
 * before, when it was not redeemed, is worth nothing from then on.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED
 */
export async function createPairingCode(
  { db }: { db: Database },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<CreatedPairingCode> {
  const pairingCode = generateCode(PAIRING_CODE_LENGTH);
  const expiresAt = await insertPairing(db, {
    code,
    tokenHash,
    codeHash: hashPairingCode(code, pairingCode),
    ttlSeconds: TTL_SECONDS,
    guesses: GUESSES,
  });
  if (expiresAt !== undefined) return { pairingCode, expiresAt: expiresAt.toISOString() };
  await findSessionAsHost(db, code, tokenHash);
  throw new DomainError('SESSION_ENDED');
}

/**
 * Gives another device the host's rights, for a pairing code that is right, not redeemed and not
 * past its time. The tokens that the host has stay good.
 *
 * @returns the session, and a token of the device's own, which is shown only here
 * @throws DomainError SESSION_NOT_FOUND; UNAUTHENTICATED for a pairing code that is not good, or was
 *   guessed at too often
 */
export async function redeemPairingCode(
  { db }: { db: Database },
  { code, pairingCode }: RedeemPairingCodeInput,
): Promise<RedeemedPairingCode> {
  const { token, tokenHash } = createToken(undefined);
  const codeHash = hashPairingCode(code, pairingCode);
  const outcome = await redeemPairing(db, { code, codeHash, tokenHash });
  if (outcome === undefined) throw new DomainError('SESSION_NOT_FOUND');
  if (!outcome.redeemed) throw new DomainError('UNAUTHENTICATED');
  return { session: toSessionSummary(outcome.session), hostToken: token };
}

/**
 * What is stored of a pairing code. It is short enough to be found from its hash; what protects it
 * is that it lives for minutes and works once. With the join code no hash is like another session's.
 */
export function hashPairingCode(joinCode: string, pairingCode: string): Buffer {
  return hashSecret(`${joinCode} ${pairingCode}`);
}
