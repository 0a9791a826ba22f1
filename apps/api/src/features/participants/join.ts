import {
  ConflictError,
  type Database,
  type Participation,
  type Session,
  findReplayedParticipant,
  insertParticipant,
} from '@classroom/db';
import type { JoinSessionInput, JoinedSession } from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';
import { createToken, deriveToken, hashSecret } from '../../secrets.ts';

/**
 * Adds a participant to an open session under a name that is free in it in any spelling. With the token
 * of the participant of that name, returns that participant instead.
 *
 * @returns the session, the participant and their token; an idempotent replay returns the first
 *   response
 * @throws DomainError SESSION_NOT_FOUND, SESSION_ENDED, SESSION_LOCKED, SESSION_FULL, NAME_TAKEN,
 *   IDEMPOTENCY_KEY_REUSED, UNAVAILABLE; FORBIDDEN when the host has blocked the name or the caller
 */
export async function joinSession(
  { db, maxParticipants }: Pick<AppContext, 'db' | 'maxParticipants'>,
  input: JoinSessionInput,
  callerToken: string | undefined,
): Promise<JoinedSession> {
  const { code, displayName, idempotencyKey } = input;
  const { token, ...secrets } = createToken(idempotencyKey);
  const callerTokenHash = callerToken === undefined ? null : hashSecret(callerToken);
  const participant = { code, displayName, callerTokenHash, maxParticipants, ...secrets };

  return await retryOnConflict(async () => {
    const outcome = await insertParticipant(db, participant);
    if (outcome.kind === 'refused') throw toDomainError(outcome);
    if (outcome.kind === 'blocked') throw blocked();
    if (outcome.kind === 'joining-closed') throw new DomainError('SESSION_LOCKED');
    if (outcome.kind === 'name-taken') throw new DomainError('NAME_TAKEN');
    if (outcome.kind === 'session-full') {
      throw new DomainError('SESSION_FULL', { limit: maxParticipants });
    }
    if (outcome.kind === 'key-used') return await replay(db, input);
    const isNew = outcome.kind === 'added' || callerToken === undefined;
    return toJoinedSession(outcome, isNew ? token : callerToken);
  });
}

/**
 * @throws DomainError IDEMPOTENCY_KEY_REUSED, FORBIDDEN; ConflictError when the first call's participant
 *   was removed in the meantime
 */
async function replay(
  db: Database,
  { code, displayName, idempotencyKey = '' }: JoinSessionInput,
): Promise<JoinedSession> {
  const first = await findReplayedParticipant(db, hashSecret(idempotencyKey));
  if (first === undefined) throw new ConflictError();
  const { participant_id: id, role, joined_at: joinedAt } = first;
  if (role === 'host' || first.code !== code || first.display_name !== displayName) {
    throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  }
  if (first.blocked_at !== null) throw blocked();
  const status = first.status_when_joined;
  const started_at = status === 'draft' ? null : first.started_at;
  const session = { ...first, status, started_at };
  const token = deriveToken(idempotencyKey, first.token_seed);
  return toJoinedSession({ session, participant: { id, role, joinedAt, displayName } }, token);
}

function blocked(): DomainError {
  const publicMessage = 'The host has blocked this name or token';
  return new DomainError('FORBIDDEN', {}, { publicMessage });
}

function toJoinedSession(
  { session, participant }: { session: Session; participant: Participation },
  participantToken: string,
): JoinedSession {
  const { id, role, joinedAt, displayName } = participant;
  return {
    session: toSessionSummary(session),
    participant: { id, displayName, role, joinedAt: joinedAt.toISOString() },
    participantToken,
  };
}
