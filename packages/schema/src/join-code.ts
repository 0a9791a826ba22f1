import { z } from 'zod';

/**
 * What join codes are drawn from: no vowels, so that no words appear, and of each group that looks
 * alike (0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V Y) at most one.
 */
export const JOIN_CODE_ALPHABET = '23456789CDFGHJKMNPRTVWX';

export const JOIN_CODE_MIN_LENGTH = 5;
export const JOIN_CODE_MAX_LENGTH = 10;

/**
 * A join code as a person types it: case, spaces and hyphens do not matter. Letters and digits
 * outside the alphabet are let through: such a code is well formed, and nobody has it.
 */
export const joinCode = z
  .string()
  .overwrite((typed) => typed.replace(/[\s\p{Dash_Punctuation}]/gu, '').toUpperCase())
  .regex(
    new RegExp(`^[0-9A-Z]{${JOIN_CODE_MIN_LENGTH},${JOIN_CODE_MAX_LENGTH}}$`, 'u'),
    `Must be ${JOIN_CODE_MIN_LENGTH} to ${JOIN_CODE_MAX_LENGTH} letters and digits`,
  );
