import { expect, expectTypeOf, test } from 'vitest';
import { reasonOf, retryOf } from './index.ts';

/** Fails to compile when a reason is missing or unknown. */
function explain(error: unknown): string {
  const reason = reasonOf(error);
  switch (reason) {
    case 'INVALID_INPUT':
    case 'IDEMPOTENCY_KEY_REUSED':
    case 'INTERNAL':
      return 'report a defect';
    case 'HOST_SESSION_LIMIT':
    case 'SESSION_FULL':
    case 'SESSION_LOCKED':
    case 'QUESTION_LIMIT':
      return 'limit reached';
    case 'SESSION_NOT_FOUND':
    case 'SESSION_ENDED':
    case 'QUESTION_NOT_FOUND':
    case 'PARTICIPANT_NOT_FOUND':
    case 'PAIRING_CODE_INVALID':
      return 'not found';
    case 'NAME_TAKEN':
      return 'another name';
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
    case 'MUTED':
      return 'not allowed';
    case 'JOIN_CODE_EXHAUSTED':
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return 'retry later';
    case undefined:
      return 'no call failed';
    default:
      expectTypeOf(reason).toBeNever();
      return reason satisfies never;
  }
}

test('the compiler checks that a switch over the reasons is exhaustive', () => {
  expect(explain(new TypeError('fetch failed'))).toBe('no call failed');
  expect(explain(undefined)).toBe('no call failed');
});

/** As an error of another copy of @trpc/client, of which `instanceof` knows nothing. */
const foreign = { name: 'TRPCClientError', message: '', data: { reason: 'NAME_TAKEN' } };

test.each([
  [foreign, 'NAME_TAKEN'],
  [{ message: '', shape: { data: { reason: 'NAME_TAKEN' } } }, 'NAME_TAKEN'],
  [{ data: { reason: 'A_REASON_OF_THE_FUTURE' } }, undefined],
  [{ cause: { code: 'CLASSROOM_NETWORK_ERROR' } }, 'UNAVAILABLE'],
  [{ cause: { type: 'error' } }, 'UNAVAILABLE'],
  ['NAME_TAKEN', undefined],
])('the reason of %j is %s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

test('TanStack Query retries only errors that the client did not throw, three times', () => {
  expect(retryOf(0, foreign)).toBe(false);
  expect([0, 1, 2, 3].map((count) => retryOf(count, new TypeError()))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
