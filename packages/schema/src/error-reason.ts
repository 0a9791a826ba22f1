/** Why a call failed. Every error carries one as `data.reason`. */
export const ERROR_REASONS = [
  'INVALID_INPUT',
  'HOST_SESSION_LIMIT',
  'JOIN_CODE_EXHAUSTED',
  'IDEMPOTENCY_KEY_REUSED',
  'SESSION_NOT_FOUND',
  'SESSION_ENDED',
  'SESSION_FULL',
  'NAME_TAKEN',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'QUESTION_LIMIT',
  'QUESTION_NOT_FOUND',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

/** What an error says beside its reason. */
export interface ErrorDetails {
  /** With `INVALID_INPUT`: what is wrong, by the name of the input field. */
  fieldErrors?: Record<string, string[]>;
  /** With `HOST_SESSION_LIMIT`, `QUESTION_LIMIT` and `SESSION_FULL`: the limit that was reached. */
  limit?: number;
  /** With `UNAVAILABLE`, `RATE_LIMITED` and `JOIN_CODE_EXHAUSTED`: when to try again. */
  retryAfterSeconds?: number;
  /** With `INTERNAL`: under what name the server logged it. */
  requestId?: string;
}
