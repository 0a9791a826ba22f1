import {
  type Database,
  endExpiredSessions,
  findReplayedParticipant,
  insertSession,
} from '@classroom/db';
import {
  type CreateSessionInput,
  type CreatedSession,
  HOST_SESSION_LIMIT,
} from '@classroom/schema';
import type { AppContext } from '../../context.ts';
import { DomainError, RETRY_AFTER_SECONDS } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';
import { orOvertaken, retryOnConflict } from '../../retry-on-conflict.ts';
import { deriveToken, hashSecret, createToken } from '../../secrets.ts';

/**
 * Opens a session for the host of that name, who is created when there is none.
 *
 * @returns the session, and its host's token, which is shown only here; for a repeated
 *   `idempotencyKey` what the first call returned
 * @throws DomainError HOST_SESSION_LIMIT, IDEMPOTENCY_KEY_REUSED, JOIN_CODE_EXHAUSTED, UNAVAILABLE
 */
export async function createSession(
  app: Pick<AppContext, 'db' | 'notifyChanged' | 'generateJoinCode' | 'sessionTtlSeconds'>,
  input: CreateSessionInput,
): Promise<CreatedSession> {
  const { db, notifyChanged, generateJoinCode, sessionTtlSeconds: ttlSeconds } = app;
  const { title, hostDisplayName, idempotencyKey } = input;
  const { token, ...secrets } = createToken(idempotencyKey);

  return await retryOnConflict(async (isLast) => {
    const code = generateJoinCode();
    const session = { title, hostDisplayName, code, ttlSeconds, ...secrets };
    const outcome = await orOvertaken(insertSession(db, session));
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
      case 'key-used':
        return await replay(db, input);
      case 'slots-expired':
        (await endExpiredSessions(db, hostDisplayName)).forEach(notifyChanged);
        return undefined;
      case 'host-full':
        throw new DomainError('HOST_SESSION_LIMIT', { limit: HOST_SESSION_LIMIT });
      case 'code-taken':
        if (isLast) {
          throw new DomainError('JOIN_CODE_EXHAUSTED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
        }
        return undefined;
      case 'conflict':
        return undefined;
    }
    return undefined;
  });
}

/** What the first call under this key returned; undefined when its session has been deleted since. */
async function replay(
  db: Database,
  { title, hostDisplayName, idempotencyKey }: CreateSessionInput,
): Promise<CreatedSession | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const first = await findReplayedParticipant(db, hashSecret(idempotencyKey));
  if (first === undefined) return undefined;
  const same =
    first.role === 'host' && first.title === title && first.host_display_name === hostDisplayName;
  if (!same) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  return {
    ...toSessionSummary({ ...first, status: 'draft' }),
    hostToken: deriveToken(idempotencyKey, first.token_seed),
  };
}
