import { createHmac, hash, randomBytes, randomInt } from 'node:crypto';
import { CODE_ALPHABET } from '@classroom/schema';

const TOKEN_BYTES = 32;

/** A new token, and the values that the database stores. */
export interface CreatedToken {
  /** 256 random bits in base64url: 43 characters. */
  token: string;
  tokenHash: Buffer;
  idempotencyKeyHash: Buffer | null;
  tokenSeed: Buffer | null;
}

/** Returns the SHA-256 of a token or a key. Their entropy makes a slow hash unnecessary. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/**
 * Creates a token. With an idempotency key, the token is derived from the key and a random seed. Only
 * the seed is stored, so a retry with the same key gets the same token.
 */
export function createToken(idempotencyKey?: string): CreatedToken {
  const random = randomBytes(TOKEN_BYTES);
  if (idempotencyKey === undefined) {
    const token = random.toString('base64url');
    return { token, tokenHash: hashSecret(token), idempotencyKeyHash: null, tokenSeed: null };
  }
  const token = deriveToken(idempotencyKey, random);
  return {
    token,
    tokenHash: hashSecret(token),
    idempotencyKeyHash: hashSecret(idempotencyKey),
    tokenSeed: random,
  };
}

/** Derives the token of an idempotency key and a seed: HMAC-SHA-256, RFC 2104. */
export function deriveToken(idempotencyKey: string, tokenSeed: Buffer): string {
  return createHmac('sha256', idempotencyKey).update(tokenSeed).digest('base64url');
}

/** Generates a random code from CODE_ALPHABET. */
export function generateCode(length: number): string {
  return Array.from({ length }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join(
    '',
  );
}
