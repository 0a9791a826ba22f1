import { expect, test } from 'vitest';
import { isUnavailable } from './errors.ts';

test.each([
  ['a refused connection', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), true],
  ['a reset connection', Object.assign(new Error('read'), { code: 'ECONNRESET' }), true],
  ['a query without an answer', new Error('Query read timeout'), true],
  ['a defect of ours', new TypeError('x is not a function'), false],
  [
    'an error of Node itself',
    Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' }),
    false,
  ],
  ['what is no error', 'ECONNREFUSED', false],
])('%s', (_, error, expected) => {
  expect(isUnavailable(error)).toBe(expected);
});
