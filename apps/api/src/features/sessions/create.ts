import {
  ConflictError,
  type NewSession,
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

type Deps = Pick<AppContext, 'db' | 'notifyChanged' | 'generateJoinCode' | 'sessionTtlSeconds'>;

/**
 * Creates a session, and its host if the name is new.
 *
 * @param hostKeyHash SHA-256 of the host key that the session shall belong to, if any
 * @returns the session and the host's token, which is returned only here; an idempotent replay
 *   returns the first response
 * @throws DomainError UNAUTHENTICATED for an unknown host key; HOST_SESSION_LIMIT, IDEMPOTENCY_KEY_REUSED,
 *   JOIN_CODE_EXHAUSTED, UNAVAILABLE
 */
export async function createSession(
  app: Deps,
  { title, hostDisplayName, moderated = false, idempotencyKey }: CreateSessionInput,
  hostKeyHash: Buffer | null = null,
): Promise<CreatedSession> {
  const hostKey = hostKeyHash === null ? null : { hash: hostKeyHash };
  const settings = { joining: 'open', moderated, hostKey } as const;
  const draft = { title, hostDisplayName, ...settings, sourceSessionId: null };
  return await insertDraft(app, draft, idempotencyKey, draft);
}

/**
 * Creates a draft with the host, the title and the settings of a session, open or ended.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, and as `createSession`
 */
export async function duplicateSession(
  app: Deps,
  { code, title, idempotencyKey }: DuplicateSessionInput,
  tokenHash: Buffer,
): Promise<CreatedSession> {
  const { session } = await findSessionAsHost(app.db, code, tokenHash);
  const { host_display_name: hostDisplayName, joining, moderated, host_key_id } = session;
  const hostKey = host_key_id === null ? null : { id: host_key_id };
  const source = { hostDisplayName, sourceSessionId: session.id };
  const draft = { ...source, title: title ?? session.title, joining, moderated, hostKey };
  // The settings of the session may have changed since the first call.
  return await insertDraft(app, draft, idempotencyKey, { ...source, title });
}

interface Draft {
  title: string;
  hostDisplayName: string;
  joining: SessionJoining;
  moderated: boolean;
  sourceSessionId: number | null;
  hostKey: NewSession['hostKey'];
}

/** @param known what a replay must have in common with the first call */
async function insertDraft(
  app: Deps,
  draft: Draft,
  idempotencyKey: string | undefined,
  known: KnownDraft,
): Promise<CreatedSession> {
  const { db, notifyChanged, generateJoinCode, sessionTtlSeconds: ttlSeconds } = app;
  const { token, ...secrets } = createToken(idempotencyKey);

  return await retryOnConflict(async (isLast) => {
    const code = generateJoinCode();
    const outcome = await insertSession(db, { ...draft, code, ttlSeconds, ...secrets });
    if (outcome.kind === 'host-key-unknown') throw unknownHostKey();
    if (outcome.kind === 'key-used') {
      return await replay(app, idempotencyKey ?? '', { ...known, hostKeyId: outcome.hostKeyId });
    }
    if (outcome.kind === 'host-limit') {
      throw new DomainError('HOST_SESSION_LIMIT', { limit: HOST_SESSION_LIMIT });
    }
    if (outcome.kind === 'slots-expired') {
      const { hostKeyId } = outcome;
      const owner = hostKeyId === null ? draft : { hostKeyId };
      (await endExpiredSessions(db, owner)).forEach(notifyChanged);
      throw new ConflictError();
    }
    if (outcome.kind === 'code-taken') {
      if (!isLast) throw new ConflictError();
      throw new DomainError('JOIN_CODE_EXHAUSTED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    return { ...toSessionSummary(outcome.session), hostToken: token };
  });
}

type KnownDraft = Pick<Draft, 'hostDisplayName' | 'sourceSessionId'> & {
  title?: string | undefined;
  joining?: SessionJoining;
  moderated?: boolean;
};

/** The token of `sessions.create` is optional, so the message says how to do without. */
function unknownHostKey(): DomainError {
  const publicMessage =
    'Unknown host key; check it, or send no token to create a session without a host key';
  return new DomainError('UNAUTHENTICATED', {}, { publicMessage });
}

/**
 * @throws DomainError IDEMPOTENCY_KEY_REUSED; ConflictError when the first call's session was deleted in
 *   the meantime
 */
async function replay(
  { db, sessionTtlSeconds }: Deps,
  idempotencyKey: string,
  known: KnownDraft & { hostKeyId: number | null },
): Promise<CreatedSession> {
  const first = await findReplayedParticipant(db, hashSecret(idempotencyKey));
  if (first === undefined) throw new ConflictError();
  const title = first.created_title ?? first.title;
  const moderated = first.created_moderated ?? first.moderated;
  const isSameInput =
    first.role === 'host' &&
    first.host_display_name === known.hostDisplayName &&
    first.host_key_id === known.hostKeyId &&
    first.source_session_id === known.sourceSessionId &&
    title === (known.title ?? title) &&
    moderated === (known.moderated ?? moderated);
  if (!isSameInput) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  const joining = known.joining ?? first.joining;
  const expires_at = new Date(first.created_at.getTime() + sessionTtlSeconds * 1000);
  const draft = {
    status: 'draft',
    started_at: null,
    title,
    joining,
    moderated,
    expires_at,
  } as const;
  return {
    ...toSessionSummary({ ...first, ...draft }),
    hostToken: deriveToken(idempotencyKey, first.token_seed),
  };
}
