import type { ErrorReason } from '@classroom/schema';
import { getTRPCErrorFromUnknown, type TRPCError } from '@trpc/server';
import { DomainError } from '../errors.ts';
import type { RequestContext } from '../context.ts';
import { trpc } from './init.ts';

const WRONG_CODE: ReadonlySet<ErrorReason> = new Set(['SESSION_NOT_FOUND', 'PAIRING_CODE_INVALID']);

/**
 * Consumes a code guess after a wrong join or pairing code. When no guess is left, its error becomes
 * RATE_LIMITED, and so does FORBIDDEN: to a token of another session, it would reveal which codes exist.
 */
export async function recordWrongCode(
  { app, address }: RequestContext,
  error: TRPCError,
): Promise<TRPCError> {
  const { codeGuesses } = app.rateLimits;
  const { cause } = error;
  if (!(cause instanceof DomainError)) return error;
  try {
    if (WRONG_CODE.has(cause.reason)) await codeGuesses.consume(address);
    if (cause.reason === 'FORBIDDEN') await codeGuesses.check(address);
    return error;
  } catch (limited) {
    return getTRPCErrorFromUnknown(limited);
  }
}

/** Refuses an address that has no code guess left. */
export const limitCodeGuesses = trpc.middleware(async ({ ctx, next }) => {
  const { codeGuesses } = ctx.app.rateLimits;
  await codeGuesses.check(ctx.address);
  const result = await next();
  // Checked again, because thousands of parallel guesses all pass the first check.
  await codeGuesses.check(ctx.address);
  return result;
});

/** Refuses an address that has created too many sessions. Calls in flight together may exceed the limit. */
export const limitCreations = trpc.middleware(async ({ ctx, next }) => {
  const { creations } = ctx.app.rateLimits;
  await creations.check(ctx.address);
  const result = await next();
  // Not awaited: the next check sees it.
  if (result.ok) void creations.consume(ctx.address).catch(() => {});
  return result;
});
