import { DomainError } from '../errors.ts';
import { hashHostKey } from '../host-keys.ts';
import { traceCall } from '../observability/tracing.ts';
import { reasonOf, withReason } from './errors.ts';
import { trpc } from './init.ts';
import { limitCodeGuesses, limitCreations, recordWrongCode } from './rate-limits.ts';

/** The base of all procedures: maps errors to reasons, and measures and traces calls. */
export const publicProcedure = trpc.procedure.use(({ ctx, path, next }) =>
  traceCall(path, ctx.trace, async (end) => {
    const started = performance.now();
    const result = await ctx.app.metrics.calls.track(next);
    const error = result.ok ? undefined : withReason(await recordWrongCode(ctx, result.error));
    const outcome = error ? reasonOf(error) : 'ok';
    end(outcome);
    ctx.app.metrics.calls.observe(path, outcome, performance.now() - started);
    if (error) throw error;
    return result;
  }),
);

/** For calls with a join code and without a required token. */
export const joinCodeProcedure = publicProcedure.use(limitCodeGuesses);

export const createProcedure = publicProcedure.use(limitCreations);

/** Requires a token. The use case checks its rights. */
export const authedProcedure = publicProcedure
  .meta({ token: 'required' })
  .use(async ({ ctx, next }) => {
    const { tokenHash } = ctx;
    if (tokenHash === undefined) throw new DomainError('UNAUTHENTICATED');
    return await next({ ctx: { tokenHash } });
  });

export const createAsHostProcedure = authedProcedure.use(limitCreations);

/** Requires a host key in place of a token. The use case checks it. */
export const hostKeyProcedure = publicProcedure
  .meta({ token: 'required' })
  .use(async ({ ctx, next }) => {
    const { token } = ctx;
    if (token === undefined) throw new DomainError('UNAUTHENTICATED');
    return await next({ ctx: { hostKeyHash: hashHostKey(token) } });
  });

export const createWithHostKeyProcedure = hostKeyProcedure.use(limitCreations);

/** Limits submissions per token. Resets unknown tokens: random ones would fill the memory. */
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
