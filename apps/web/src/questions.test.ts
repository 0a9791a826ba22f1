import { expect, test } from 'vitest';
import { charactersLeft } from './questions.ts';

test.each([
  ['', 280],
  ['  Why \n not?  ', 272],
  ['👍🏽', 278],
  ['e\u0301', 279],
  ['a'.repeat(281), -1],
])('the rest of %j is counted in code points of the stored text', (body, left) => {
  expect(charactersLeft(body)).toBe(left);
});
