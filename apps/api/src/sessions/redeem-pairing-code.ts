import { type Database, redeemPairing } from '@classroom/db';
import type { RedeemedPairingCode, RedeemPairingCodeInput } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { issueToken } from '../token.ts';
import { hashPairingCode } from './hash-pairing-code.ts';
import { toSessionSummary } from '../wire/to-session-summary.ts';

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
  const { token, tokenHash } = issueToken(undefined);
  const codeHash = hashPairingCode(code, pairingCode);
  const outcome = await redeemPairing(db, { code, codeHash, tokenHash });
  if (outcome === undefined) throw new DomainError('SESSION_NOT_FOUND');
  if (!outcome.redeemed) throw new DomainError('UNAUTHENTICATED');
  return { session: toSessionSummary(outcome.session), hostToken: token };
}
