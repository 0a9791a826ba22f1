import { initTRPC } from '@trpc/server';
import type { Context } from './context.ts';
import { errorShape } from './error-shape.ts';
import type { Meta } from './meta.ts';

export const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    sse: {
      // A proxy ends what is silent, and a client comes back to a server that is gone.
      ping: { enabled: true, intervalMs: 10_000 },
      client: { reconnectAfterInactivityMs: 30_000 },
    },
    errorFormatter: ({ error, ctx }) => errorShape(error, ctx?.requestId ?? ''),
  });

export const { mergeRouters, router } = trpc;
