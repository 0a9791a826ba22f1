import { type Database, insertPairingAsHost, redeemPairing } from '@classroom/db';
import {
  type CreatePairingCodeInput,
  type CreatedPairingCode,
  PAIRING_CODE_LENGTH,
  type RedeemPairingCodeInput,
  type RedeemedPairingCode,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { toParticipant, toSessionSummary } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';
import { createToken, generateCode, hashSecret } from '../../secrets.ts';

const TTL_SECONDS = 5 * 60;

/**
 * Creates a pairing code, valid for one device and five minutes. It replaces an unredeemed code, whatever
 * its role.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE
 */
export async function createPairingCode(
  { db }: { db: Database },
  { code, role }: CreatePairingCodeInput,
  tokenHash: Buffer,
): Promise<CreatedPairingCode> {
  const pairingCode = generateCode(PAIRING_CODE_LENGTH);
  const codeHash = hashPairingCode(code, pairingCode);
  const pairing = { code, tokenHash, codeHash, role, ttlSeconds: TTL_SECONDS };
  const outcome = await retryOnConflict(() =>
    db.transaction().execute((transaction) => insertPairingAsHost(transaction, pairing)),
  );
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return { pairingCode, expiresAt: outcome.expiresAt.toISOString() };
}

/**
 * Redeems a pairing code. All other tokens stay valid.
 *
 * @returns the session, the participant that the device acts as, and the device's own token, which is
 *   returned only here
 * @throws DomainError SESSION_NOT_FOUND; PAIRING_CODE_INVALID for a wrong, used or expired pairing code
 */
export async function redeemPairingCode(
  { db }: { db: Database },
  { code, pairingCode }: RedeemPairingCodeInput,
): Promise<RedeemedPairingCode> {
  const { token, tokenHash } = createToken();
  const codeHash = hashPairingCode(code, pairingCode);
  const outcome = await redeemPairing(db, { code, codeHash, tokenHash });
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'wrong-code') throw new DomainError('PAIRING_CODE_INVALID');
  const { session, participant } = outcome;
  return {
    session: toSessionSummary(session),
    participant: toParticipant({ ...participant, display_name: session.host_display_name }),
    token,
    ...(participant.role === 'host' && { hostToken: token }),
  };
}

/**
 * Hashes a pairing code with its join code, so equal pairing codes of two sessions differ. The hash
 * of a code this short can be reversed; its short life and single use protect it.
 */
function hashPairingCode(joinCode: string, pairingCode: string): Buffer {
  return hashSecret(`${joinCode} ${pairingCode}`);
}
