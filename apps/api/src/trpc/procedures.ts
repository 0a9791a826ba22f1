import { DomainError } from '../domain-error.ts';
import { withReason } from './errors.ts';
import { trpc } from './init.ts';

/** Anyone may call it. Every procedure is built on this one, so that every error has a reason. */
export const publicProcedure = trpc.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw withReason(result.error);
  return result;
});

/** It needs a token. Whose it is and what it may do, the use case decides. */
export const tokenProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const { tokenHash } = ctx;
  if (tokenHash === undefined) throw new DomainError('UNAUTHENTICATED');
  return await next({ ctx: { tokenHash } });
});
