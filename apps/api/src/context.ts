import type { Database } from '@classroom/db';
import { type Context as TraceContext, context, propagation } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { LiveFeed } from './features/live/feed.ts';
import type { VoteDeps } from './features/questions/vote.ts';
import type { CreateSessionDeps } from './features/sessions/create.ts';
import type { Metrics } from './observability/metrics.ts';
import { clientAddress } from './rate-limits/client-address.ts';
import type { RateLimits } from './rate-limits/rate-limits.ts';
import { hashSecret } from './secrets.ts';

/** What a use case needs that changes a session. */
export interface ChangeDeps {
  db: Database;
  /** Wakes whoever listens to the session, once the change is committed. */
  notifyChanged: (sessionId: number) => void;
}

/** What the use cases need of the world, and what guards them. */
export interface Dependencies extends CreateSessionDeps, VoteDeps {
  /** How many participants may join one session; twice as many streams may be open. */
  maxParticipants: number;
  /** How many streams this process opens. */
  maxListeners: number;
  rateLimits: RateLimits;
  live: LiveFeed;
  metrics: Metrics;
}

export interface Context {
  deps: Dependencies;
  requestId: string;
  /** The span that the caller says this belongs to. */
  trace: TraceContext;
  /** Where the call comes from, as rate limits count it. */
  address: string;
  /** The token that the caller presented, whether or not anybody holds it, and its SHA-256. */
  token: string | undefined;
  tokenHash: Buffer | undefined;
}

export function createContext(deps: Dependencies, request: FastifyRequest): Context {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return {
    deps,
    requestId: request.id,
    trace: propagation.extract(context.active(), request.headers),
    address: clientAddress(request.ip),
    token,
    tokenHash: token === undefined ? undefined : hashSecret(token),
  };
}
