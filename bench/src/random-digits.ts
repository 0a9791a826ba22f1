/**
 * Returns a random number with that many digits, as text. Load generators pass their own: wrk and
 * pgbench put a variable in its place that they draw for each call.
 */
export type RandomDigits = (digits: number) => string;

/** Enough that no two values of a run are equal, and the most that wrk and pgbench can draw. */
export const UNIQUE_DIGITS = 15;

export const randomDigits: RandomDigits = (digits) => {
  const { min, max } = rangeOf(digits);
  return String(min + Math.floor(Math.random() * (max - min + 1)));
};

/** The smallest and the largest number with that many digits. */
export function rangeOf(digits: number): { min: number; max: number } {
  return { min: 10 ** (digits - 1), max: 10 ** digits - 1 };
}
