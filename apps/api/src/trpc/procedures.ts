import { DomainError } from '../errors.ts';
import { traceCall } from '../observability/tracing.ts';
import { formatError, withReason } from './errors.ts';
import { trpc } from './init.ts';
import { recordWrongCode, limitCreations, limitCodeGuesses } from './rate-limits.ts';

/**
 * Anyone may call it. Every procedure is built on this one, so that every error has a reason and
 * every call is measured and traced.
 */
export const publicProcedure = trpc.procedure.use(({ ctx, path, next }) =>
  traceCall(path, ctx.trace, async (end) => {
    const started = performance.now();
    const result = await ctx.app.metrics.calls.track(next);
    const error = result.ok ? undefined : withReason(await recordWrongCode(ctx, result.error));
    const outcome = error ? formatError(error, '').data.reason : 'ok';
    end(outcome);
    ctx.app.metrics.calls.observe(path, outcome, performance.now() - started);
    if (error) throw error;
    return result;
  }),
);

/** Anyone with a code may call it, and nobody who guesses. */
export const joinCodeProcedure = publicProcedure.use(limitCodeGuesses);

/** It creates a session, for anyone who has not created a whole school's. */
export const createProcedure = publicProcedure.use(limitCreations);

/** It needs a token. Whose it is and what it may do, the use case decides. */
export const authedProcedure = publicProcedure
  .meta({ token: 'required' })
  .use(async ({ ctx, next }) => {
    const { tokenHash } = ctx;
    if (tokenHash === undefined) throw new DomainError('UNAUTHENTICATED');
    return await next({ ctx: { tokenHash } });
  });

/** It submits a question and consumes a submission first. Resets the count of an unknown token. */
export const submissionProcedure = authedProcedure.use(async ({ ctx, next }) => {
  const { submissions } = ctx.app.rateLimits;
  const key = ctx.tokenHash.toString('base64url');
  await submissions.consume(key);
  const result = await next();
  const cause = result.ok ? undefined : result.error.cause;
  if (cause instanceof DomainError && cause.reason === 'UNAUTHENTICATED') {
    void submissions.reset(key).catch(() => {});
  }
  return result;
});
