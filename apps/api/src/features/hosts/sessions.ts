import { type Database, enterSession, findHostKey, findHostSessions } from '@classroom/db';
import {
  type EnteredSession,
  type EnterSessionInput,
  idCursor,
  type ListHostSessionsInput,
  type SessionPage,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { toPage } from '../../page.ts';
import { toSessionSummary } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';
import { createToken } from '../../secrets.ts';

/**
 * Lists the sessions of a host key, open and ended, newest first.
 *
 * @throws DomainError UNAUTHENTICATED
 */
export async function listHostSessions(
  { db }: { db: Database },
  { cursor: beforeId = Number.MAX_SAFE_INTEGER, limit }: ListHostSessionsInput,
  hostKeyHash: Buffer,
): Promise<SessionPage> {
  const hostKeyId = await findHostKey(db, hostKeyHash);
  if (hostKeyId === undefined) throw new DomainError('UNAUTHENTICATED');
  const found = await findHostSessions(db, { hostKeyId, beforeId, limit: limit + 1 });
  const toCursor = ({ id }: (typeof found)[number]) => idCursor.encode(id);
  return toPage(found, limit, { toItem: toSessionSummary, toCursor });
}

/**
 * Enters a session, open or ended, of a host key. The host's other tokens stay valid.
 *
 * @returns the session and the device's own token, which is returned only here
 * @throws DomainError UNAUTHENTICATED for an unknown key; SESSION_NOT_FOUND for an unknown code and for an
 *   ended session of others; FORBIDDEN for an open session of others; UNAVAILABLE
 */
export async function enterHostSession(
  { db }: { db: Database },
  { code }: EnterSessionInput,
  hostKeyHash: Buffer,
): Promise<EnteredSession> {
  const { token, tokenHash } = createToken();
  const entry = { code, keyHash: hostKeyHash, tokenHash };
  const outcome = await retryOnConflict(() => enterSession(db, entry));
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return { session: toSessionSummary(outcome.session), hostToken: token };
}
