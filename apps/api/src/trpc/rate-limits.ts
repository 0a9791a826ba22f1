import { getTRPCErrorFromUnknown, type TRPCError } from '@trpc/server';
import { DomainError } from '../errors.ts';
import type { RequestContext } from '../context.ts';
import { trpc } from './init.ts';

/**
 * Whoever is told that there is no such session pays for it. Nor does FORBIDDEN tell, once nothing
 * is left, that there is one: anyone can hold the token of a session of their own.
 *
 * @returns what to tell in place of the error: itself, or RATE_LIMITED
 */
export async function recordWrongCode(
  { app, address }: RequestContext,
  error: TRPCError,
): Promise<TRPCError> {
  const { codeGuesses } = app.rateLimits;
  const { cause } = error;
  if (!(cause instanceof DomainError)) return error;
  try {
    if (cause.reason === 'SESSION_NOT_FOUND') await codeGuesses.consume(address);
    if (cause.reason === 'FORBIDDEN') await codeGuesses.check(address);
    return error;
  } catch (limited) {
    return getTRPCErrorFromUnknown(limited);
  }
}

/** Executes nothing for an address that has guessed too often. */
export const limitCodeGuesses = trpc.middleware(async ({ ctx, next }) => {
  const { codeGuesses } = ctx.app.rateLimits;
  await codeGuesses.check(ctx.address);
  const result = await next();
  // Once more: thousands of guesses sent at once have all passed the first check.
  await codeGuesses.check(ctx.address);
  return result;
});

/** Charges what was created. Calls in flight at once may overdraw, by as many as they are. */
export const limitCreations = trpc.middleware(async ({ ctx, next }) => {
  const { creations } = ctx.app.rateLimits;
  await creations.check(ctx.address);
  const result = await next();
  // Not awaited: whether it overdraws, the next check says.
  if (result.ok) void creations.consume(ctx.address).catch(() => {});
  return result;
});
