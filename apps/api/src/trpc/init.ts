import type { ErrorReason } from '@classroom/schema';
import { initTRPC } from '@trpc/server';
import type { RequestContext } from '../context.ts';
import { formatError } from './errors.ts';

/** Keeps proxies from closing a stream without events. */
export const SSE_PING_INTERVAL_MS = 10_000;
/** Sent to clients, which reconnect when pings stop. */
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

/** OpenAPI metadata of a procedure, from which its REST route and documentation are built. */
export interface RestOperation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With fields of the input in braces: `/api/sessions/{code}`. */
  path: `/api/${string}`;
  summary: string;
  description: string;
  tags: readonly string[];
  /** A valid input, including the fields of the path. */
  example: Readonly<Record<string, unknown>>;
  /** Error reasons in addition to those of every call and of every call with a token. */
  reasons: readonly ErrorReason[];
  deprecated?: boolean;
  /** Whether it responds with 201 instead of 200. */
  creates?: boolean;
}

/** The reasons of a procedure that checks the token in a session with a given code. */
export const SESSION_REASONS = ['FORBIDDEN', 'SESSION_NOT_FOUND'] as const;
export const OPEN_SESSION_REASONS = [...SESSION_REASONS, 'SESSION_ENDED'] as const;

/** A type instead of an interface: tRPC requires an index signature. */
export type Meta = {
  openapi?: RestOperation;
  token?: 'required' | 'optional';
};
