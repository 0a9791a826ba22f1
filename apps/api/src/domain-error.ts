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
