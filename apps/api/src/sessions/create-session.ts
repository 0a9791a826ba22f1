import {
  type Database,
  endExpiredSessions,
  findFirstCall,
  openSession,
  type OpenSessionOutcome,
} from '@classroom/db';
import {
  type CreatedSession,
  type CreateSessionInput,
  HOST_SESSION_LIMIT,
} from '@classroom/schema';
import type { ChangeDeps } from '../change-deps.ts';
import { DomainError } from '../domain-error.ts';
import { deriveToken, hashSecret, issueToken } from '../token.ts';
import { orOvertaken } from './or-overtaken.ts';
import { toSessionSummary } from './session-summary.ts';

export interface CreateSessionDeps extends ChangeDeps {
  /** Draws a join code; whether it is free, the database says. */
  generateJoinCode: () => string;
  sessionTtlSeconds: number;
}

const MAX_ATTEMPTS = 8;
const RETRY_AFTER_SECONDS = 1;

/**
 * Opens a session for the host of that name, who is created when there is none.
 *
 * @returns the session, and its host's token, which is shown only here; for a repeated
 *   `idempotencyKey` what the first call returned
 * @throws DomainError HOST_SESSION_LIMIT, IDEMPOTENCY_KEY_REUSED, JOIN_CODE_EXHAUSTED, UNAVAILABLE
 */
export async function createSession(
  deps: CreateSessionDeps,
  input: CreateSessionInput,
): Promise<CreatedSession> {
  const { db, announce, generateJoinCode, sessionTtlSeconds: ttlSeconds } = deps;
  const { title, hostDisplayName, idempotencyKey } = input;
  const { token, ...secrets } = issueToken(idempotencyKey);

  let kind: OpenSessionOutcome['kind'] | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const code = generateJoinCode();
    const session = { title, hostDisplayName, code, ttlSeconds, ...secrets };
    const outcome = await orOvertaken(openSession(db, session));
    ({ kind } = outcome);
    switch (outcome.kind) {
      case 'opened':
        return {
          id: outcome.id,
          code,
          title,
          status: 'draft',
          host: { id: outcome.hostId, displayName: hostDisplayName },
          createdAt: outcome.createdAt.toISOString(),
          hostToken: token,
        };
      case 'key-used': {
        const first = idempotencyKey && (await repeatFirstCall(db, input, idempotencyKey));
        if (first) return first;
        break;
      }
      case 'slots-expired':
        (await endExpiredSessions(db, hostDisplayName)).forEach(announce);
        break;
      case 'host-full':
        throw new DomainError('HOST_SESSION_LIMIT', { limit: HOST_SESSION_LIMIT });
      case 'code-taken':
      case 'overtaken':
        break;
    }
  }
  throw new DomainError(kind === 'code-taken' ? 'JOIN_CODE_EXHAUSTED' : 'UNAVAILABLE', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** What the first call under this key returned; undefined when its session has been deleted since. */
async function repeatFirstCall(
  db: Database,
  { title, hostDisplayName }: CreateSessionInput,
  idempotencyKey: string,
): Promise<CreatedSession | undefined> {
  const first = await findFirstCall(db, hashSecret(idempotencyKey));
  if (first === undefined) return undefined;
  const same =
    first.role === 'host' && first.title === title && first.host_display_name === hostDisplayName;
  if (!same) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  return {
    ...toSessionSummary({ ...first, status: 'draft' }),
    hostToken: deriveToken(idempotencyKey, first.token_seed),
  };
}
