import { ERROR_REASONS } from '@classroom/schema';
import { TRPCClientError } from '@trpc/client';
import type { Contract } from './contract.ts';
import { NoAnswerError } from './no-answer.ts';

/** Why a call failed. */
export type ErrorReason = Contract['errorReason'];

/**
 * Why a call failed, for a `switch` that the compiler checks.
 *
 * @param error what a call threw
 * @returns `UNAVAILABLE` also when there was no answer at all; undefined for what no call threw
 */
export function reasonOf(error: unknown): ErrorReason | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const data: unknown = error.data;
  if (typeof data === 'object' && data !== null && 'reason' in data) {
    return ERROR_REASONS.find((reason) => reason === data.reason);
  }
  return error.cause instanceof NoAnswerError ? 'UNAVAILABLE' : undefined;
}
