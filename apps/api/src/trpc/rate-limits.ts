import { DomainError } from '../domain-error.ts';
import { trpc } from './init.ts';

/**
 * Whoever was told that there is no such session pays for it. Nor does FORBIDDEN tell, once nothing
 * is left, that there is one: anyone can hold the token of a session of their own.
 */
export const chargeWrongCodes = trpc.middleware(async ({ ctx, next }) => {
  const { codeGuesses } = ctx.deps.rateLimits;
  const result = await next();
  const cause = result.ok ? undefined : result.error.cause;
  if (cause instanceof DomainError) {
    if (cause.reason === 'SESSION_NOT_FOUND') await codeGuesses.charge(ctx.address);
    if (cause.reason === 'FORBIDDEN') await codeGuesses.check(ctx.address);
  }
  return result;
});

/** Executes nothing for an address that has guessed too often. */
export const refuseGuessers = trpc.middleware(async ({ ctx, next }) => {
  const { codeGuesses } = ctx.deps.rateLimits;
  await codeGuesses.check(ctx.address);
  const result = await next();
  // Once more: thousands of guesses sent at once have all passed the first check.
  await codeGuesses.check(ctx.address);
  return result;
});

/** Charges what was created. Calls in flight at once may overdraw, by as many as they are. */
export const limitCreations = trpc.middleware(async ({ ctx, next }) => {
  const { creations } = ctx.deps.rateLimits;
  await creations.check(ctx.address);
  const result = await next();
  // Not awaited: whether it overdraws, the next check says.
  if (result.ok) void creations.charge(ctx.address).catch(() => {});
  return result;
});
