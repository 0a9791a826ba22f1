import { z } from 'zod';
import { fieldRule } from './error.ts';

/**
 * The characters of generated codes: no vowels, so that no words appear, and at most one of each
 * group of look-alikes (0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V Y).
 */
export const CODE_ALPHABET = '23456789CDFGHJKMNPRTVWX';

export const JOIN_CODE_MIN_LENGTH = 5;
export const JOIN_CODE_MAX_LENGTH = 10;
export const PAIRING_CODE_LENGTH = 8;

/**
 * A typed code, normalised: case, spaces and hyphens do not matter. Accepts letters and digits outside
 * CODE_ALPHABET, so that a mistyped code is an unknown code and not invalid input.
 */
function typedCode(minLength: number, maxLength: number) {
  const length = minLength === maxLength ? `${minLength}` : `${minLength} to ${maxLength}`;
  const code = new RegExp(`^[0-9A-Za-z]{${minLength},${maxLength}}$`, 'u');
  return (
    z
      .string()
      .overwrite((typed) => typed.replace(/[\s\p{Dash_Punctuation}]/gu, ''))
      // Not a regex: its pattern in the OpenAPI document would refuse spaces and hyphens.
      .refine(
        (typed) => code.test(typed),
        fieldRule('WRONG_FORMAT', `Must be ${length} letters and digits`),
      )
      .overwrite((typed) => typed.toUpperCase())
      .meta({
        description: `${length} letters and digits; case, spaces and hyphens do not matter`,
        minLength,
      })
  );
}

/** Identifies a session to the people who join it. */
export const joinCode = typedCode(JOIN_CODE_MIN_LENGTH, JOIN_CODE_MAX_LENGTH);

/** Gives another device the rights of the host, once and for a few minutes. */
export const pairingCode = typedCode(PAIRING_CODE_LENGTH, PAIRING_CODE_LENGTH);

/**
 * A random UUID that the caller generates once per intended change and sends with every retry. It is
 * a secret: a replay with the same key returns the first response, token included.
 */
export const idempotencyKey = z.uuid().toLowerCase();
