import {
  ConflictError,
  endExpiredSessions,
  findReplayedParticipant,
  insertSession,
} from '@classroom/db';
import {
  type CreateSessionInput,
  type CreatedSession,
  type DuplicateSessionInput,
  HOST_SESSION_LIMIT,
  type SessionJoining,
} from '@classroom/schema';
import { findSessionAsHost } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError, RETRY_AFTER_SECONDS } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';
import { createToken, deriveToken, hashSecret } from '../../secrets.ts';

/**
 * Creates a session, and its host if the name is new.
 *
 * @returns the session and the host's token, which is returned only here; an idempotent replay
 *   returns the first response
 * @throws DomainError HOST_SESSION_LIMIT, IDEMPOTENCY_KEY_REUSED, JOIN_CODE_EXHAUSTED, UNAVAILABLE
 */
export async function createSession(
  app: Pick<AppContext, 'db' | 'notifyChanged' | 'generateJoinCode' | 'sessionTtlSeconds'>,
  input: CreateSessionInput,
  joining: SessionJoining = 'open',
): Promise<CreatedSession> {
  const { db, notifyChanged, generateJoinCode, sessionTtlSeconds: ttlSeconds } = app;
  const { title, hostDisplayName, idempotencyKey } = input;
  const { token, ...secrets } = createToken(idempotencyKey);

  return await retryOnConflict(async (isLast) => {
    const code = generateJoinCode();
    const session = { title, hostDisplayName, code, joining, ttlSeconds, ...secrets };
    const outcome = await insertSession(db, session);
    if (outcome.kind === 'key-used') return await replay(app, input, joining);
    if (outcome.kind === 'host-limit') {
      throw new DomainError('HOST_SESSION_LIMIT', { limit: HOST_SESSION_LIMIT });
    }
    if (outcome.kind === 'slots-expired') {
      (await endExpiredSessions(db, hostDisplayName)).forEach(notifyChanged);
      throw new ConflictError();
    }
    if (outcome.kind === 'code-taken') {
      if (!isLast) throw new ConflictError();
      throw new DomainError('JOIN_CODE_EXHAUSTED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    return { ...toSessionSummary(outcome.session), hostToken: token };
  });
}

/**
 * Creates a draft with the host, the title and the settings of a session, open or ended.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, and as `createSession`
 */
export async function duplicateSession(
  app: Parameters<typeof createSession>[0],
  { code, title, idempotencyKey }: DuplicateSessionInput,
  tokenHash: Buffer,
): Promise<CreatedSession> {
  const { session } = await findSessionAsHost(app.db, code, tokenHash);
  const hostDisplayName = session.host_display_name;
  const input = { title: title ?? session.title, hostDisplayName, idempotencyKey };
  return await createSession(app, input, session.joining);
}

/**
 * @throws DomainError IDEMPOTENCY_KEY_REUSED; ConflictError when the first call's session was deleted in
 *   the meantime
 */
async function replay(
  { db, sessionTtlSeconds }: Pick<AppContext, 'db' | 'sessionTtlSeconds'>,
  { title, hostDisplayName, idempotencyKey = '' }: CreateSessionInput,
  joining: SessionJoining,
): Promise<CreatedSession> {
  const first = await findReplayedParticipant(db, hashSecret(idempotencyKey));
  if (first === undefined) throw new ConflictError();
  const isSameHost = first.role === 'host' && first.host_display_name === hostDisplayName;
  const createdTitle = first.created_title ?? first.title;
  if (!isSameHost || createdTitle !== title) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  const expires_at = new Date(first.created_at.getTime() + sessionTtlSeconds * 1000);
  const draft = { status: 'draft', started_at: null, title, joining, expires_at } as const;
  return {
    ...toSessionSummary({ ...first, ...draft }),
    hostToken: deriveToken(idempotencyKey, first.token_seed),
  };
}
