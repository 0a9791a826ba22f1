import type { Database } from '@classroom/db';
import { type Context as TraceContext, context, propagation } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { LiveFeed } from './features/live/feed.ts';
import { type CastVote, createVoteBatcher } from './features/questions/vote-batcher.ts';
import type { Metrics } from './observability/metrics.ts';
import { type RateLimits, clientAddress } from './rate-limits/rate-limits.ts';
import { hashSecret } from './secrets.ts';

/** Everything that outlives a request. A use case takes the part that it needs. */
export interface AppContext {
  db: Database;
  /** Notifies the subscribers of a session, in all processes. Call it after the commit. */
  notifyChanged: (sessionId: number) => void;
  generateJoinCode: () => string;
  sessionTtlSeconds: number;
  /** Participants of one session, the host not counted. A session may have twice as many streams. */
  maxParticipants: number;
  /** Live streams of this process. */
  maxListeners: number;
  castVote: CastVote;
  live: LiveFeed;
  rateLimits: RateLimits;
  metrics: Metrics;
}

/** What `createAppContext` derives from the rest. */
type Derived = 'notifyChanged' | 'castVote';

export function createAppContext(given: Omit<AppContext, Derived>): AppContext {
  const { db, live } = given;
  const { notifyChanged } = live;
  return {
    ...given,
    notifyChanged,
    castVote: createVoteBatcher({ db, notifyChanged }),
  };
}

export interface RequestContext {
  app: AppContext;
  requestId: string;
  /** The span of the caller. */
  trace: TraceContext;
  /** The client address as rate limits count it. */
  address: string;
  /** The bearer token, valid or not, and its SHA-256. */
  token: string | undefined;
  tokenHash: Buffer | undefined;
}

export function createContext(
  app: AppContext,
  request: Pick<FastifyRequest, 'id' | 'ip' | 'headers'>,
): RequestContext {
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
