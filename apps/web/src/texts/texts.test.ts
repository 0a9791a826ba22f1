import { expect, test } from 'vitest';
import { de } from './de.ts';
import { en } from './en.ts';
import { sentenceOf } from './index.ts';

const failed = (data: object) => Object.assign(new Error('In English'), { data });

test.each([en, de])('$language names the limit and the time of an error', (texts) => {
  const limited = sentenceOf(failed({ reason: 'QUESTION_LIMIT', limit: 7 }), {}, texts);
  expect(limited).toContain(' 7 ');
  const slowed = sentenceOf(failed({ reason: 'RATE_LIMITED', retryAfterSeconds: 12 }), {}, texts);
  expect(slowed).toContain(' 12 ');
});

test('invalid input is explained by the rule that the field broke', () => {
  const error = failed({ reason: 'INVALID_INPUT', fieldCodes: { body: ['TOO_LONG'] } });
  expect(sentenceOf(error, {}, en)).toBe(en.fields.TOO_LONG);
  expect(sentenceOf(failed({ reason: 'INVALID_INPUT' }), {}, en)).toBe(en.reasons.INVALID_INPUT);
});

test('a page replaces the sentence of a reason that means something else there', () => {
  const error = failed({ reason: 'FORBIDDEN' });
  expect(sentenceOf(error, { FORBIDDEN: en.home.blocked }, en)).toBe(en.home.blocked);
  expect(sentenceOf(error, { MUTED: en.home.blocked }, en)).toBe(en.reasons.FORBIDDEN);
});

test('an error that no call threw asks to reload the page', () => {
  expect(sentenceOf(new TypeError('x is undefined'), {}, en)).toBe(en.unexpected);
});

test.each([en, de])('$language writes every text', (texts) => {
  expect(textsOf(texts).filter((text) => text.trim() === '')).toEqual([]);
});

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
