import { z } from 'zod';

/** White space in the sense of ECMAScript's `\s`: tabs and line ends are folded like spaces. */
const WHITE_SPACE = /\s+/gu;

/** C0 and C1 controls and DEL. What of them is white space is folded before this is asked. */
const CONTROL = /\p{Cc}/u;

/**
 * Embeddings, overrides and isolates reorder the text around them, so that a name can pose as
 * another. https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
 */
const BIDI_OVERRIDE = /[\u202a-\u202e\u2066-\u2069]/u;

/**
 * Something that can be seen. Blank in spite of their category: U+2800 (braille pattern blank),
 * U+1D159 (musical null notehead), U+16FE4 (Khitan filler). U+3164 and its kin are default
 * ignorable. https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const VISIBLE = /[^\u{16fe4}\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\u{1d159}]/u;

/** Normalises to NFC, trims, and folds inner white space to one space. Idempotent. */
export function normalizeText(value: string): string {
  return value.normalize('NFC').replace(WHITE_SPACE, ' ').trim();
}

/** The length of a text as people count it here: Unicode code points, not UTF-16 units. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/**
 * Text that a person typed: normalised first, then checked, so that every limit holds for what is
 * stored. Refuses lone surrogates (PostgreSQL would silently store U+FFFD), control characters
 * (it refuses U+0000), bidi overrides, and text of which nothing can be seen.
 *
 * @param maxLength the longest that is accepted, in code points after normalising
 */
export function text(maxLength: number) {
  return z
    .string()
    .refine((value) => value.isWellFormed(), {
      abort: true,
      error: 'Must be well-formed Unicode, without lone surrogates',
    })
    .overwrite(normalizeText)
    .refine((value) => !CONTROL.test(value), 'Must not contain control characters')
    .refine((value) => !BIDI_OVERRIDE.test(value), 'Must not contain bidirectional overrides')
    .refine((value) => VISIBLE.test(value), 'Must contain something visible')
    .refine((value) => codePoints(value) <= maxLength, `Must be at most ${maxLength} characters`)
    .meta({ description: `1 to ${maxLength} code points after normalising` });
}

/** A display name: a label, which authorises nothing. */
export const displayName = text(100);
