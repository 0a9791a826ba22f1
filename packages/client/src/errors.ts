import { ERROR_REASONS } from '@classroom/schema';
import type { Contract } from './contract.ts';

/** The reason of a failed call: the union of all values of `data.reason`. */
export type ErrorReason = Contract['errorReason'];

/** Marks a NetworkError, also one of another copy of this package. */
const NETWORK_ERROR = 'CLASSROOM_NETWORK_ERROR';

/** The request failed without a response from the API. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: string = NETWORK_ERROR;
}

/** Reads a field of a value of unknown shape. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/**
 * Returns the reason of a failed call or of a live stream, for an exhaustive `switch`. Goes by the shape
 * of the error, so it also accepts errors of another copy of `@trpc/client`.
 *
 * @param error the error that a call threw, or that `onError` received
 * @returns `UNAVAILABLE` also for a network error; undefined for an error that no call threw
 */
export function reasonOf(error: unknown): ErrorReason | undefined {
  const data = fieldOf(error, 'data') ?? fieldOf(fieldOf(error, 'shape'), 'data');
  const sent = fieldOf(data, 'reason');
  const reason = ERROR_REASONS.find((known) => known === sent);
  if (reason !== undefined) return reason;
  return isNetworkError(error) || isNetworkError(fieldOf(error, 'cause'))
    ? 'UNAVAILABLE'
    : undefined;
}

/** An event source reports a failed connection as an event, which tRPC makes the cause of its error. */
function isNetworkError(error: unknown): boolean {
  return fieldOf(error, 'code') === NETWORK_ERROR || fieldOf(error, 'type') === 'error';
}

/** The number of retries by TanStack Query's default. */
const DEFAULT_RETRIES = 3;

/**
 * The `retry` option of TanStack Query. The client has already retried its calls where a retry helps, so
 * only errors that it did not throw are retried, as often as TanStack Query retries by default.
 *
 * @example
 * new QueryClient({ defaultOptions: { queries: { retry: retryOf } } });
 */
export function retryOf(failureCount: number, error: unknown): boolean {
  return reasonOf(error) === undefined && failureCount < DEFAULT_RETRIES;
}
