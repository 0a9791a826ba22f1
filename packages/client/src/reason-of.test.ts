import { expect, expectTypeOf, test } from 'vitest';
import { reasonOf } from './index.ts';

/** A frontend's switch. With a reason more or less in it than there are, it does not compile. */
function advice(error: unknown): string {
  const reason = reasonOf(error);
  switch (reason) {
    case 'INVALID_INPUT':
    case 'IDEMPOTENCY_KEY_REUSED':
    case 'INTERNAL':
      return 'our fault';
    case 'HOST_SESSION_LIMIT':
    case 'SESSION_FULL':
    case 'QUESTION_LIMIT':
      return 'enough of them';
    case 'SESSION_NOT_FOUND':
    case 'SESSION_ENDED':
    case 'QUESTION_NOT_FOUND':
      return 'not here';
    case 'NAME_TAKEN':
      return 'another name';
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return 'not yours';
    case 'JOIN_CODE_EXHAUSTED':
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return 'later';
    case undefined:
      return 'not from a call';
    default:
      expectTypeOf(reason).toBeNever();
      return reason satisfies never;
  }
}

test('a switch over the reasons is exhaustive by the compiler', () => {
  expect(advice(new TypeError('fetch failed'))).toBe('not from a call');
  expect(advice(undefined)).toBe('not from a call');
});
