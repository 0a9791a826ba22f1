import { randomInt } from 'node:crypto';
import { CODE_ALPHABET } from '@classroom/schema';

/** A random code for people to type, every one of that length equally likely. */
export function generateCode(length: number): string {
  return Array.from({ length }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join(
    '',
  );
}
