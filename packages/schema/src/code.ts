import { z } from 'zod';

/**
 * What codes are drawn from: no vowels, so that no words appear, and of each group that looks alike
 * (0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V Y) at most one.
 */
export const CODE_ALPHABET = '23456789CDFGHJKMNPRTVWX';

/**
 * A code as a person types it: case, spaces and hyphens do not matter. Letters and digits outside
 * the alphabet are let through: such a code is well formed, and nobody has it.
 */
export function typedCode(minLength: number, maxLength: number) {
  const length = minLength === maxLength ? `${minLength}` : `${minLength} to ${maxLength}`;
  return z
    .string()
    .overwrite((typed) => typed.replace(/[\s\p{Dash_Punctuation}]/gu, '').toUpperCase())
    .regex(
      new RegExp(`^[0-9A-Z]{${minLength},${maxLength}}$`, 'u'),
      `Must be ${length} letters and digits`,
    )
    .meta({ description: 'Case, spaces and hyphens do not matter' });
}
