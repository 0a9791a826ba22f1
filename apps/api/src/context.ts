import type { Database } from '@classroom/db';
import { type Context as TraceContext, context, propagation } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { LiveFeed } from './features/live/feed.ts';
import { type CastVote, createVoteBatcher } from './features/questions/vote-batcher.ts';
import type { Metrics } from './observability/metrics.ts';
import { clientAddress } from './rate-limits/client-address.ts';
import type { RateLimits } from './rate-limits/rate-limits.ts';
import { hashSecret } from './secrets.ts';

/** The services and settings of the process. A use case takes the part that it needs. */
export interface AppContext {
  db: Database;
  /** Notifies the subscribers of a session, in all processes. Call it after the commit. */
  notifyChanged: (sessionId: number) => void;
  generateJoinCode: () => string;
  sessionTtlSeconds: number;
  /** The participant limit of a session, without the host. Its stream limit is twice that. */
  maxParticipants: number;
  /** The limit of live streams in this process. */
  maxListeners: number;
  castVote: CastVote;
  live: LiveFeed;
  rateLimits: RateLimits;
  metrics: Metrics;
}

export function createAppContext(
  services: Omit<AppContext, 'notifyChanged' | 'castVote'>,
): AppContext {
  const { db, live } = services;
  const { notifyChanged } = live;
  return { ...services, notifyChanged, castVote: createVoteBatcher({ db, notifyChanged }) };
}

export interface RequestContext {
  app: AppContext;
  requestId: string;
  /** The caller's span, from `traceparent`. */
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
  const token = /^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1];
  return {
    app,
    requestId: request.id,
    trace: propagation.extract(context.active(), request.headers),
    address: clientAddress(request.ip),
    token,
    tokenHash: token === undefined ? undefined : hashSecret(token),
  };
}
