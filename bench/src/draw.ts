/**
 * Draws a number of so many digits, as text. Whoever measures brings a draw of their own: at random
 * here, or a mark in what pgbench and wrk draw for themselves.
 */
export type Draw = (digits: number) => string;

/** So many that no two draws of a run are the same, and as many as wrk and pgbench can draw. */
export const DIGITS_OF_NEW = 15;

export const drawAtRandom: Draw = (digits) => {
  const { first, last } = numbersOf(digits);
  return String(first + Math.floor(Math.random() * (last - first + 1)));
};

/** The first and the last number of so many digits. */
export function numbersOf(digits: number): { first: number; last: number } {
  return { first: 10 ** (digits - 1), last: 10 ** digits - 1 };
}
