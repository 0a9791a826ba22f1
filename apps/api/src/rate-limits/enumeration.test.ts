import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CODE_ALPHABET, PAIRING_CODE_LENGTH } from '@classroom/schema';
import { expect, test } from 'vitest';

const FILE = path.resolve(import.meta.dirname, '../../../../docs/adr/0008-rate-limits.md');

const WINDOWS_PER_DAY = 24 * 60;
/** In the order of the columns: one address, one /48, 10,000 addresses. */
const GUESSES_PER_WINDOW = [100, 400, 10_000 * 100];
/** Five minutes, and the window in which they begin. */
const WINDOWS_OF_PAIRING_CODE = 6;

const round = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const whole = new Intl.NumberFormat('en');

const page = await readFile(FILE, 'utf8');
/** The cells of the table whose heading starts with a text, without its first two lines. */
function rowsBelow(heading: string): string[][] {
  const [table = ''] = page.split(`\n| ${heading} `)[1]?.split('\n\n', 1) ?? [];
  const rows = table.split('\n').slice(2);
  return rows.map((row) => row.split('|').flatMap((cell) => cell.trim() || []));
}

test('ADR 8 states the expected hits a day on join codes', () => {
  const rows = [6, 7, 8, 9, 10].flatMap((length) =>
    [1_000, 1_000_000].map((sessions) => {
      const codes = CODE_ALPHABET.length ** length;
      const hits = GUESSES_PER_WINDOW.map((guesses) =>
        round.format((guesses * WINDOWS_PER_DAY * sessions) / codes),
      );
      return [String(length), whole.format(codes), whole.format(sessions)].concat(hits);
    }),
  );
  expect(rowsBelow('length')).toEqual(rows);
});

test('ADR 8 states the chances of guessing a pairing code', () => {
  const codes = CODE_ALPHABET.length ** PAIRING_CODE_LENGTH;
  expect(page).toContain(whole.format(codes));
  const rows = GUESSES_PER_WINDOW.map((guesses) => {
    const perCode = guesses * WINDOWS_OF_PAIRING_CODE;
    return [
      whole.format(perCode),
      `1 in ${round.format(codes / perCode)}`,
      round.format((guesses * WINDOWS_PER_DAY) / codes),
    ];
  });
  expect(rowsBelow('guesser').map(([, ...cells]) => cells)).toEqual(rows);
});
