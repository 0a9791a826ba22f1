/**
 * Returns a random number with `digits` digits, as text. wrk and pgbench pass their own function: their
 * scripts put a random number in place of its result in each call.
 */
export type RandomDigits = (digits: number) => string;

/** Makes values unique within a run; wrk and pgbench support no more digits. */
export const UNIQUE_DIGITS = 15;

export const randomDigits: RandomDigits = (digits) => {
  const { min, max } = rangeOf(digits);
  return String(min + Math.floor(Math.random() * (max - min + 1)));
};

/** The smallest and the largest number with `digits` digits. */
export function rangeOf(digits: number): { min: number; max: number } {
  return { min: 10 ** (digits - 1), max: 10 ** digits - 1 };
}
