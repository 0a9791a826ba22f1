import type { FastifyRequest } from 'fastify';
import type { CreateSessionDeps } from '../sessions/create-session.ts';
import { hashSecret } from '../token.ts';

/** What the use cases need of the world. */
export interface Dependencies extends CreateSessionDeps {}

export interface Context {
  deps: Dependencies;
  requestId: string;
  /** The token that the caller presented, whether or not anybody holds it, and its SHA-256. */
  token: string | undefined;
  tokenHash: Buffer | undefined;
}

export function createContext(deps: Dependencies, request: FastifyRequest): Context {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return {
    deps,
    requestId: request.id,
    token,
    tokenHash: token === undefined ? undefined : hashSecret(token),
  };
}
