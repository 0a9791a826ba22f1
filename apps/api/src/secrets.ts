import { createHmac, hash, randomFillSync, randomInt } from 'node:crypto';
import { CODE_ALPHABET } from '@classroom/schema';

const BYTES = 32;
/** One call for the randomness of many tokens: a call costs as much as a hundred copies. */
const pool = Buffer.alloc(BYTES * 128);
let used = pool.length;

function randomSecret(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return Buffer.from(pool.subarray(used - BYTES, used));
}

/** A new secret for one participant, and what is stored of it. */
export interface CreatedToken {
  /** 256 random bits, base64url: 43 characters. */
  token: string;
  tokenHash: Buffer;
  idempotencyKeyHash: Buffer | null;
  tokenSeed: Buffer | null;
}

/** SHA-256 of a token or a key. Both are random enough for a fast hash to be a safe one. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/**
 * Draws a token. With an idempotency key it is derived from the key and a random seed: the seed is
 * stored, the key is not, and together they give the token again to whoever repeats the call.
 */
export function createToken(idempotencyKey: string | undefined): CreatedToken {
  const random = randomSecret();
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

/** The token that was issued under this key with this seed (HMAC-SHA-256, RFC 2104). */
export function deriveToken(idempotencyKey: string, tokenSeed: Buffer): string {
  return createHmac('sha256', idempotencyKey).update(tokenSeed).digest('base64url');
}

/** A random code for people to type, every one of that length equally likely. */
export function generateCode(length: number): string {
  return Array.from({ length }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join(
    '',
  );
}
