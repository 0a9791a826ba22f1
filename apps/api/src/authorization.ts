import {
  type Database,
  type Refusal,
  type RefusalReason,
  type SessionAccess,
  findSessionForCaller,
} from '@classroom/db';
import type { ErrorReason } from '@classroom/schema';
import { DomainError } from './errors.ts';

const REASONS = {
  unauthenticated: 'UNAUTHENTICATED',
  'session-not-found': 'SESSION_NOT_FOUND',
  'question-not-found': 'QUESTION_NOT_FOUND',
  forbidden: 'FORBIDDEN',
  'session-ended': 'SESSION_ENDED',
} as const satisfies Record<RefusalReason, ErrorReason>;

export function toDomainError({ reason }: Refusal): DomainError {
  return new DomainError(REASONS[reason]);
}

/**
 * Finds a session, open or ended, for one of its participants.
 *
 * @throws DomainError UNAUTHENTICATED for an unknown token; SESSION_NOT_FOUND for an unknown code and
 *   for an ended session of others; FORBIDDEN for an open session of others
 */
export async function findSessionAsParticipant(
  db: Database,
  code: string,
  tokenHash: Buffer,
): Promise<SessionAccess> {
  const access = await findSessionForCaller(db, { code, tokenHash });
  if (access.kind === 'refused') throw toDomainError(access);
  return access;
}

/**
 * Finds a session, open or ended, for its host.
 *
 * @throws DomainError as `findSessionAsParticipant`; FORBIDDEN for other participants
 */
export async function findSessionAsHost(
  db: Database,
  code: string,
  tokenHash: Buffer,
): Promise<SessionAccess> {
  const access = await findSessionForCaller(db, { code, tokenHash }, { role: 'host' });
  if (access.kind === 'refused') throw toDomainError(access);
  return access;
}
