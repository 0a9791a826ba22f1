import type { FastifyRequest } from 'fastify';
import type { CreateSessionDeps } from '../sessions/create-session.ts';
import { hashSecret } from '../token.ts';

/** What the use cases need of the world. */
export interface Dependencies extends CreateSessionDeps {}

export interface Context {
  deps: Dependencies;
  requestId: string;
  /** SHA-256 of the token that the caller presented, whether or not anybody holds it. */
  tokenHash: Buffer | undefined;
}

export function createContext(deps: Dependencies, request: FastifyRequest): Context {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return {
    deps,
    requestId: request.id,
    tokenHash: token === undefined ? undefined : hashSecret(token),
  };
}
