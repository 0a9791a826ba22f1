import type { Database, Session } from '@classroom/db';
import { DomainError } from '../domain-error.ts';
import { findSessionAsParticipant } from './find-session-as-participant.ts';

/**
 * The session with that code, for its host.
 *
 * @throws DomainError as `findSessionAsParticipant`, and FORBIDDEN to all other participants
 */
export async function findSessionAsHost(
  db: Database,
  code: string,
  tokenHash: Buffer,
): Promise<Session> {
  const { session, role } = await findSessionAsParticipant(db, code, tokenHash);
  if (role !== 'host') throw new DomainError('FORBIDDEN');
  return session;
}
