import { ERROR_REASONS } from '@classroom/schema';
import { TRPCClientError } from '@trpc/client';
import type { Contract } from './contract.ts';

/** The reason of a failed call: the union of all values of `data.reason`. */
export type ErrorReason = Contract['errorReason'];

/** The request failed without a response from the API. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/**
 * Returns the reason of a failed call, for an exhaustive `switch`.
 *
 * @param error the error that a call threw
 * @returns `UNAVAILABLE` also for a network error; undefined for an error that no call threw
 */
export function reasonOf(error: unknown): ErrorReason | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const data: unknown = error.data;
  if (typeof data === 'object' && data !== null && 'reason' in data) {
    return ERROR_REASONS.find((reason) => reason === data.reason);
  }
  return error.cause instanceof NetworkError ? 'UNAVAILABLE' : undefined;
}
