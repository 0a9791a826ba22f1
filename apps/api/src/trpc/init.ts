import type { ErrorReason } from '@classroom/schema';
import { initTRPC } from '@trpc/server';
import type { RequestContext } from '../context.ts';
import { formatError } from './errors.ts';

/** Keeps proxies from closing a quiet stream. */
export const SSE_PING_INTERVAL_MS = 10_000;
/** Sent to clients: they reconnect when not even pings arrive. */
export const SSE_CLIENT_OPTIONS = { reconnectAfterInactivityMs: 30_000 };

export const trpc = initTRPC
  .context<RequestContext>()
  .meta<Meta>()
  .create({
    isDev: false,
    sse: {
      ping: { enabled: true, intervalMs: SSE_PING_INTERVAL_MS },
      client: SSE_CLIENT_OPTIONS,
    },
    errorFormatter: ({ error, ctx }) => formatError(error, ctx?.requestId ?? ''),
  });

export const { mergeRouters, router } = trpc;

/** What a procedure is over REST. Its route and its page in the document follow from this alone. */
export interface RestOperation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the input's fields that it names in braces: `/api/sessions/{code}`. */
  path: `/api/${string}`;
  summary: string;
  description: string;
  tags: readonly string[];
  /** An input that is well formed, those fields of the path included. */
  example: Readonly<Record<string, unknown>>;
  /** Why it may fail, beside what any call and any call with a token may fail with. */
  reasons: readonly ErrorReason[];
  /** Whether it answers with 201 in place of 200. */
  creates?: boolean;
}

/** What is known of a procedure beside its types; tRPC wants it indexable, which interfaces are not. */
export type Meta = {
  openapi?: RestOperation;
  /** Whether a token is needed, or looked at when it is there. */
  token?: 'required' | 'optional';
};
