import { randomInt } from 'node:crypto';
import { JOIN_CODE_ALPHABET } from '@classroom/schema';

/** A random join code, every one of that length equally likely. */
export function generateJoinCode(length: number): string {
  return Array.from({ length }, () =>
    JOIN_CODE_ALPHABET.charAt(randomInt(JOIN_CODE_ALPHABET.length)),
  ).join('');
}
