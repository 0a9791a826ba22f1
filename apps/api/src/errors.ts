import type { ErrorDetails, ErrorReason } from '@classroom/schema';

/** A use case refused. It says why, and knows nothing of how a transport will put it. */
export class DomainError extends Error {
  readonly reason: ErrorReason;
  readonly details: ErrorDetails;

  constructor(reason: ErrorReason, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'DomainError';
    this.reason = reason;
    this.details = details;
  }
}

export const RETRY_AFTER_SECONDS = 1;

/** Nothing was done, and soon it may be. */
export function unavailable(options?: ErrorOptions): DomainError {
  return new DomainError('UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS }, options);
}

/** The process cannot start, for a reason that one line tells and its operator can mend. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
