import type { ErrorDetails, ErrorReason } from '@classroom/schema';

/** A refusal by a use case. Transports map the reason to their own codes. */
export class DomainError extends Error {
  readonly reason: ErrorReason;
  readonly details: ErrorDetails;
  /** Replaces the message of the reason in responses. */
  readonly publicMessage: string | undefined;

  constructor(
    reason: ErrorReason,
    details: ErrorDetails = {},
    { publicMessage, ...options }: ErrorOptions & { publicMessage?: string } = {},
  ) {
    super(reason, options);
    this.name = 'DomainError';
    this.reason = reason;
    this.details = details;
    this.publicMessage = publicMessage;
  }
}

export const RETRY_AFTER_SECONDS = 1;

/** Creates the error for a call that changed nothing and may succeed later. */
export function unavailable(options?: ErrorOptions): DomainError {
  return new DomainError('UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS }, options);
}

/** The process cannot start. The message is one line with the cause and the remedy. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
