import { createHmac, randomBytes } from 'node:crypto';
import { hashSecret } from './secrets.ts';

/** Crockford's base32: no letter can be mistaken for a digit. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS_PER_CHARACTER = 5;
const KEY_BYTES = 20;
const SEED_BYTES = 32;

/** A new host key, and the values that the database stores. */
export interface NewHostKey {
  /** 160 random bits: eight groups of four characters, joined by hyphens. */
  hostKey: string;
  keyHash: Buffer;
  idempotencyKeyHash: Buffer | null;
  keySeed: Buffer | null;
}

/** Creates a host key. With an idempotency key, a retry gets the same key: see `createToken`. */
export function newHostKey(idempotencyKey?: string): NewHostKey {
  if (idempotencyKey === undefined) {
    const hostKey = encode(randomBytes(KEY_BYTES));
    return { hostKey, keyHash: hashHostKey(hostKey), idempotencyKeyHash: null, keySeed: null };
  }
  const keySeed = randomBytes(SEED_BYTES);
  const hostKey = deriveHostKey(idempotencyKey, keySeed);
  const idempotencyKeyHash = hashSecret(idempotencyKey);
  return { hostKey, keyHash: hashHostKey(hostKey), idempotencyKeyHash, keySeed };
}

/** Derives the host key of an idempotency key and a seed: HMAC-SHA-256, RFC 2104, truncated. */
export function deriveHostKey(idempotencyKey: string, keySeed: Buffer): string {
  const bytes = createHmac('sha256', idempotencyKey).update(keySeed).digest();
  return encode(bytes.subarray(0, KEY_BYTES));
}

/** Returns the SHA-256 of a host key as a person may type it: in any case, and with O for 0. */
export function hashHostKey(typed: string): Buffer {
  return hashSecret(normalizeHostKey(typed));
}

function normalizeHostKey(typed: string): string {
  return typed.toUpperCase().replaceAll(/[-\s]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0');
}

const SESSION_TOKEN = /^[\w-]{43}$/;
/** A key with additional hyphens may be as long as a session token, which has letters of both cases. */
const HYPHENATED = /^(?=.*-)(?:[0-9A-Z-]+|[0-9a-z-]+)$/;
/** A key has 32 characters; a mistyped one may be a part of it, or have some more. */
const MAY_BE_KEY = /^[0-9A-Z]{16,63}$/;

/**
 * Returns the SHA-256 of the host key in a bearer token. Ignores other tokens, which clients may send with
 * every call, but not a mistyped key, which must not count as none.
 */
export function optionalHostKeyHash(token: string | undefined): Buffer | null {
  if (token === undefined) return null;
  if (SESSION_TOKEN.test(token) && !HYPHENATED.test(token)) return null;
  const characters = normalizeHostKey(token).replaceAll(/[^0-9A-Z]/g, '');
  return MAY_BE_KEY.test(characters) ? hashHostKey(token) : null;
}

function encode(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const characters = bits.match(new RegExp(`.{${BITS_PER_CHARACTER}}`, 'g')) ?? [];
  const key = characters.map((value) => ALPHABET.charAt(Number.parseInt(value, 2))).join('');
  return key.replaceAll(/.{4}(?!$)/g, '$&-');
}
