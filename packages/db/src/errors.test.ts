import { expect, test } from 'vitest';
import { isUnavailable } from './errors.ts';

test.each<[string, unknown, boolean]>([
  ['a refused connection', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), true],
  ['a reset connection', Object.assign(new Error('read'), { code: 'ECONNRESET' }), true],
  ['a query without a response', new Error('Query read timeout'), true],
  ['a programming error', new TypeError('x is not a function'), false],
  [
    'an error of Node itself',
    Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' }),
    false,
  ],
  ['a thrown string', 'ECONNREFUSED', false],
])('isUnavailable classifies %s as %3$s', (_, error, expected) => {
  expect(isUnavailable(error)).toBe(expected);
});
