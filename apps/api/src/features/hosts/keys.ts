import { type Database, forgetHostKey, insertHostKey, rotateHostKey } from '@classroom/db';
import type { CreateHostKeyInput, CreatedHostKey, ForgottenHostKey } from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { deriveHostKey, newHostKey } from '../../host-keys.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Creates a host key.
 *
 * @returns the key, which is returned only here; an idempotent replay returns it again
 * @throws DomainError IDEMPOTENCY_KEY_REUSED when the key has been rotated since; UNAVAILABLE
 */
export async function createHostKey(
  { db }: { db: Database },
  { idempotencyKey }: CreateHostKeyInput,
): Promise<CreatedHostKey> {
  const { hostKey, ...columns } = newHostKey(idempotencyKey);
  const outcome = await retryOnConflict(() => insertHostKey(db, columns));
  if (outcome.kind === 'key-used') throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  if (outcome.kind === 'created') return { hostKey };
  return { hostKey: deriveHostKey(idempotencyKey ?? '', outcome.keySeed) };
}

/**
 * Replaces a host key. Its sessions and their tokens stay.
 *
 * @returns the new key; an idempotent replay, with the replaced key or the new one, returns it again
 * @throws DomainError UNAUTHENTICATED, UNAVAILABLE
 */
export async function rotateKey(
  { db }: { db: Database },
  { idempotencyKey }: CreateHostKeyInput,
  hostKeyHash: Buffer,
): Promise<CreatedHostKey> {
  const { hostKey, ...columns } = newHostKey(idempotencyKey);
  const outcome = await retryOnConflict(() => rotateHostKey(db, hostKeyHash, columns));
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'rotated') return { hostKey };
  return { hostKey: deriveHostKey(idempotencyKey ?? '', outcome.keySeed) };
}

/**
 * Makes a host key invalid for good. Its sessions and their tokens stay.
 *
 * @throws DomainError UNAUTHENTICATED, UNAVAILABLE
 */
export async function forgetKey(
  { db }: { db: Database },
  hostKeyHash: Buffer,
): Promise<ForgottenHostKey> {
  const outcome = await retryOnConflict(() => forgetHostKey(db, hostKeyHash));
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return { forgotten: true };
}
