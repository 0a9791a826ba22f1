import { type ErrorReason, reasonOf } from '@classroom/client';
import type { Texts } from './en.ts';

/** The texts in the language of the browser: a phone loads one language. */
export const t: Texts = /^de\b/i.test(navigator.language)
  ? (await import('./de.ts')).de
  : (await import('./en.ts')).en;

/** The details of an error that appear in sentences. */
interface Details {
  limit?: number | undefined;
  retryAfterSeconds?: number | undefined;
  fieldCodes?: Record<string, (keyof Texts['fields'])[]> | undefined;
}

/** An error of TanStack Query with tRPC, or any other. */
export type AnyError = Error | { message: string; data?: Details | null | undefined };

export type Special = Partial<Record<ErrorReason, string>>;

/**
 * A sentence that says what happened and what to do.
 *
 * @param special sentences of reasons that mean something else here
 */
export function sentenceOf(error: AnyError, special: Special = {}, texts: Texts = t): string {
  const reason = reasonOf(error);
  if (reason === undefined) return texts.unexpected;
  const { limit, retryAfterSeconds, fieldCodes = {} } = ('data' in error && error.data) || {};
  const [fieldCode] = Object.values(fieldCodes).flat();
  if (reason === 'INVALID_INPUT' && fieldCode !== undefined) return texts.fields[fieldCode];
  return (special[reason] ?? texts.reasons[reason])
    .replace('{limit}', `${limit ?? 3}`)
    .replace('{seconds}', `${retryAfterSeconds ?? 60}`);
}
