import { z } from 'zod';

/** Why a call failed. Every error carries one as `data.reason`. */
export const ERROR_REASONS = [
  'INVALID_INPUT',
  'HOST_SESSION_LIMIT',
  'JOIN_CODE_EXHAUSTED',
  'IDEMPOTENCY_KEY_REUSED',
  'SESSION_NOT_FOUND',
  'SESSION_ENDED',
  'SESSION_LOCKED',
  'SESSION_FULL',
  'NAME_TAKEN',
  'PARTICIPANT_NOT_FOUND',
  'PAIRING_CODE_INVALID',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'MUTED',
  'QUESTION_LIMIT',
  'QUESTION_NOT_FOUND',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

// Marked pure so that the client, which imports ERROR_REASONS, bundles no zod.
export const errorReason = /* @__PURE__ */ z.enum(ERROR_REASONS);

/** Which rule an input field broke. */
export const FIELD_CODES = [
  /** The field is missing. */
  'REQUIRED',
  /** Another JSON type, such as text in place of a number. */
  'WRONG_TYPE',
  /** Text with too few characters, or without a visible one. */
  'TOO_SHORT',
  'TOO_LONG',
  /** A number below the minimum. */
  'TOO_SMALL',
  'TOO_BIG',
  /** Text with characters that are not allowed. */
  'NOT_ALLOWED',
  /** Text of another form, such as a malformed code, UUID or cursor. */
  'WRONG_FORMAT',
  /** Not one of the listed values. */
  'UNKNOWN_VALUE',
  /** Any other rule. */
  'INVALID',
] as const;
export type FieldCode = (typeof FIELD_CODES)[number];

export const fieldCode = /* @__PURE__ */ z.enum(FIELD_CODES);

/** Builds the parameters of a refinement whose error has a code. */
export function fieldRule(code: FieldCode, error: string) {
  return { error, params: { code } };
}

/** The details of an error in addition to its reason. */
export interface ErrorDetails {
  /** With `INVALID_INPUT`: messages by input field. */
  fieldErrors?: Record<string, string[]>;
  /** With `fieldErrors` about the shape of the input: the code of each message, in the same order. */
  fieldCodes?: Record<string, FieldCode[]>;
  /** With `HOST_SESSION_LIMIT`, `QUESTION_LIMIT` and `SESSION_FULL`: the limit reached. */
  limit?: number;
  /** With `UNAVAILABLE`, `RATE_LIMITED` and `JOIN_CODE_EXHAUSTED`: when to retry. */
  retryAfterSeconds?: number;
  /** With `INTERNAL`: the request id in the server's log. */
  requestId?: string;
}
