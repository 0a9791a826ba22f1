import { createPairing, type Database } from '@classroom/db';
import {
  type CreatedPairingCode,
  PAIRING_CODE_LENGTH,
  type SessionByCodeInput,
} from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { findSessionAsHost } from '../access/find-session-as-host.ts';
import { generateCode } from './generate-code.ts';
import { hashPairingCode } from './hash-pairing-code.ts';

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
  const expiresAt = await createPairing(db, {
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
