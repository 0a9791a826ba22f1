import { type Database, insertPairingAsHost, redeemPairing } from '@classroom/db';
import {
  type CreatedPairingCode,
  PAIRING_CODE_LENGTH,
  type RedeemPairingCodeInput,
  type RedeemedPairingCode,
  type SessionByCodeInput,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';
import { createToken, generateCode, hashSecret } from '../../secrets.ts';

const TTL_SECONDS = 5 * 60;
/** With 23^8 codes, ten guesses succeed with a probability of 1 in 8 × 10^9. */
const GUESSES = 10;

/**
 * Creates a pairing code, valid for one device and five minutes. It replaces an unredeemed code.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE
 */
export async function createPairingCode(
  { db }: { db: Database },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<CreatedPairingCode> {
  const pairingCode = generateCode(PAIRING_CODE_LENGTH);
  const codeHash = hashPairingCode(code, pairingCode);
  const pairing = { code, tokenHash, codeHash, ttlSeconds: TTL_SECONDS, guesses: GUESSES };
  const outcome = await retryOnConflict(() => insertPairingAsHost(db, pairing));
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return { pairingCode, expiresAt: outcome.expiresAt.toISOString() };
}

/**
 * Redeems a pairing code. The host's other tokens stay valid.
 *
 * @returns the session and the device's own token, which is returned only here
 * @throws DomainError SESSION_NOT_FOUND; PAIRING_CODE_INVALID for a wrong, used or expired pairing code
 *   and after ten wrong guesses
 */
export async function redeemPairingCode(
  { db }: { db: Database },
  { code, pairingCode }: RedeemPairingCodeInput,
): Promise<RedeemedPairingCode> {
  const { token, tokenHash } = createToken();
  const codeHash = hashPairingCode(code, pairingCode);
  const outcome = await redeemPairing(db, { code, codeHash, tokenHash });
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'wrong-code') {
    throw new DomainError('PAIRING_CODE_INVALID');
  }
  return { session: toSessionSummary(outcome.session), hostToken: token };
}

/**
 * Hashes a pairing code with its join code, so equal pairing codes of two sessions differ. The hash
 * of a code this short can be reversed; its short life and single use protect it.
 */
function hashPairingCode(joinCode: string, pairingCode: string): Buffer {
  return hashSecret(`${joinCode} ${pairingCode}`);
}
