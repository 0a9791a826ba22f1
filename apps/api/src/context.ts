import type { Database } from '@classroom/db';
import { type Context as TraceContext, context, propagation } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { LiveFeed } from './features/live/feed.ts';
import type { CastVote } from './features/questions/vote-batcher.ts';
import type { Metrics } from './observability/metrics.ts';
import { clientAddress } from './rate-limits/client-address.ts';
import type { RateLimits } from './rate-limits/rate-limits.ts';
import { hashSecret } from './secrets.ts';

/** Everything that outlives a request. A use case takes the part that it needs. */
export interface AppContext {
  db: Database;
  /** Notifies the subscribers of a session, in all processes. Call it after the commit. */
  notifyChanged: (sessionId: number) => void;
  generateJoinCode: () => string;
  sessionTtlSeconds: number;
  /** The most participants of one session, the host not counted. A session may have twice as many streams. */
  maxParticipants: number;
  /** The most streams of this process. */
  maxListeners: number;
  castVote: CastVote;
  live: LiveFeed;
  rateLimits: RateLimits;
  metrics: Metrics;
}

export interface RequestContext {
  app: AppContext;
  requestId: string;
  /** The caller's span. */
  trace: TraceContext;
  /** The client address as rate limits count it. */
  address: string;
  /** The bearer token, known or not, and its SHA-256. */
  token: string | undefined;
  tokenHash: Buffer | undefined;
}

export function createContext(app: AppContext, request: FastifyRequest): RequestContext {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return {
    app,
    requestId: request.id,
    trace: propagation.extract(context.active(), request.headers),
    address: clientAddress(request.ip),
    token,
    tokenHash: token === undefined ? undefined : hashSecret(token),
  };
}
