import { z } from 'zod';
import { fieldRule } from './error.ts';

const WHITE_SPACE = /\s+/gu;

/** C0 and C1 controls and DEL. Normalising has replaced white space. */
const CONTROL = /\p{Cc}/u;

/**
 * Embeddings, overrides and isolates, with which one name can look like another.
 * https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
 */
const BIDI_OVERRIDE = /[\u202a-\u202e\u2066-\u2069]/u;

/**
 * A visible character. Blank although their category is visible: U+2800 (braille pattern blank), U+1D159
 * (musical null notehead), U+16FE4 (Khitan filler). The Hangul fillers are default ignorable.
 * https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const VISIBLE = /[^\u{16fe4}\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\u{1d159}]/u;

/** Normalises to NFC, trims, and folds inner white space to one space. Idempotent. */
export function normalizeText(value: string): string {
  return value.normalize('NFC').replace(WHITE_SPACE, ' ').trim();
}

/** Counts Unicode code points, not UTF-16 code units. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/**
 * Typed text, normalised and then checked, so that the limits apply to the stored value.
 * Refuses lone surrogates (PostgreSQL would store U+FFFD), control characters (PostgreSQL refuses
 * U+0000), bidi overrides, and text without a visible character.
 *
 * @param maxLength in code points after normalising
 */
export function text(maxLength: number) {
  return z
    .string()
    .refine((value) => value.isWellFormed(), {
      abort: true,
      ...fieldRule('NOT_ALLOWED', 'Must be well-formed Unicode, without lone surrogates'),
    })
    .overwrite(normalizeText)
    .refine(
      (value) => !CONTROL.test(value),
      fieldRule('NOT_ALLOWED', 'Must not contain control characters'),
    )
    .refine(
      (value) => !BIDI_OVERRIDE.test(value),
      fieldRule('NOT_ALLOWED', 'Must not contain bidirectional overrides'),
    )
    .refine(
      (value) => VISIBLE.test(value),
      fieldRule('TOO_SHORT', 'Must contain a visible character'),
    )
    .refine(
      (value) => codePoints(value) <= maxLength,
      fieldRule('TOO_LONG', `Must be at most ${maxLength} characters`),
    )
    .meta({ description: `1 to ${maxLength} code points after normalising` });
}

/** A display name: a label, which authorises nothing. */
export const displayName = text(100);
