import { DomainError } from '../domain-error.ts';
import { traceCall } from '../tracing/trace-call.ts';
import { errorShape } from './error-shape.ts';
import { withReason } from './errors.ts';
import { trpc } from './init.ts';
import { chargeWrongCode, limitCreations, refuseGuessers } from './rate-limits.ts';

/**
 * Anyone may call it. Every procedure is built on this one, so that every error has a reason and
 * every call is measured and traced.
 */
export const publicProcedure = trpc.procedure.use(({ ctx, path, next }) =>
  traceCall(path, ctx.trace, async (end) => {
    const started = performance.now();
    const result = await ctx.deps.metrics.calls.track(next);
    const error = result.ok ? undefined : withReason(await chargeWrongCode(ctx, result.error));
    const outcome = error ? errorShape(error, '').data.reason : 'ok';
    end(outcome);
    ctx.deps.metrics.calls.observe(path, outcome, performance.now() - started);
    if (error) throw error;
    return result;
  }),
);

/** Anyone with a code may call it, and nobody who guesses. */
export const codeProcedure = publicProcedure.use(refuseGuessers);

/** It creates a session, for anyone who has not created a whole school's. */
export const creationProcedure = publicProcedure.use(limitCreations);

/** It needs a token. Whose it is and what it may do, the use case decides. */
export const tokenProcedure = publicProcedure
  .meta({ token: 'required' })
  .use(async ({ ctx, next }) => {
    const { tokenHash } = ctx;
    if (tokenHash === undefined) throw new DomainError('UNAUTHENTICATED');
    return await next({ ctx: { tokenHash } });
  });

/** It submits a question and consumes a submission first. Resets the count of an unknown token. */
export const submissionProcedure = tokenProcedure.use(async ({ ctx, next }) => {
  const { submissions } = ctx.deps.rateLimits;
  const key = ctx.tokenHash.toString('base64url');
  await submissions.charge(key);
  const result = await next();
  const cause = result.ok ? undefined : result.error.cause;
  if (cause instanceof DomainError && cause.reason === 'UNAUTHENTICATED') {
    void submissions.reset(key).catch(() => {});
  }
  return result;
});
