import { initTRPC } from '@trpc/server';
import type { Context } from './context.ts';
import { errorShape } from './error-shape.ts';
import type { Meta } from './meta.ts';

/** Keeps proxies from closing a quiet stream. */
export const SSE_PING_INTERVAL_MS = 10_000;
/** Sent to clients: they reconnect when not even pings arrive. */
export const SSE_CLIENT_OPTIONS = { reconnectAfterInactivityMs: 30_000 };

export const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    sse: {
      ping: { enabled: true, intervalMs: SSE_PING_INTERVAL_MS },
      client: SSE_CLIENT_OPTIONS,
    },
    errorFormatter: ({ error, ctx }) => errorShape(error, ctx?.requestId ?? ''),
  });

export const { mergeRouters, router } = trpc;
