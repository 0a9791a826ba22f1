import {
  type Database,
  type Participation,
  type Session,
  insertParticipant,
  findReplayedParticipant,
  findParticipantByToken,
  findSessionByCode,
} from '@classroom/db';
import type { JoinSessionInput, JoinedSession } from '@classroom/schema';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';
import { orOvertaken, retryOnConflict } from '../../retry-on-conflict.ts';
import { deriveToken, hashSecret, createToken } from '../../secrets.ts';

/**
 * Lets somebody in under a name that is free in the session. Whoever presents the token of the
 * participant of that name is that participant again.
 *
 * @param callerToken the token that the caller presented, if any
 * @returns the session, the participant, and their token; for a repeated `idempotencyKey`
 *   what the first call returned
 * @throws DomainError SESSION_NOT_FOUND, SESSION_ENDED, SESSION_FULL, NAME_TAKEN,
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

  return await retryOnConflict(async () => {
    const outcome = await orOvertaken(
      insertParticipant(db, { code, displayName, callerTokenHash, maxParticipants, ...secrets }),
    );
    switch (outcome.kind) {
      case 'added':
        return toJoinedSession(outcome.session, outcome.participant, displayName, token);
      case 'caller-is-in':
        // Their token's hash is the one in the row, so they did present it.
        return toJoinedSession(
          outcome.session,
          outcome.participant,
          displayName,
          callerToken ?? token,
        );
      case 'name-taken':
        throw new DomainError('NAME_TAKEN');
      case 'session-full':
        throw new DomainError('SESSION_FULL', { limit: maxParticipants });
      case 'blocked':
        throw new DomainError('FORBIDDEN');
      case 'key-used':
        return await replay(db, input);
      case 'not-open': {
        const first = await replay(db, input);
        if (first === undefined) await refuseClosed(db, code, callerTokenHash);
        return first;
      }
      case 'conflict':
        return undefined;
    }
    return undefined;
  });
}

/** What the first call under this key returned; undefined when its session has been deleted since. */
async function replay(
  db: Database,
  { code, displayName, idempotencyKey }: JoinSessionInput,
): Promise<JoinedSession | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const first = await findReplayedParticipant(db, hashSecret(idempotencyKey));
  if (first === undefined) return undefined;
  const { participant_id: id, role, joined_at: joinedAt } = first;
  if (role === 'host' || first.code !== code || first.display_name !== displayName) {
    throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  }
  if (first.blocked_at !== null) throw new DomainError('FORBIDDEN');
  const token = deriveToken(idempotencyKey, first.token_seed);
  const session = { ...first, status: first.first_status };
  return toJoinedSession(session, { id, role, joinedAt }, displayName, token);
}

/** To its participants a session has ended; to everyone else there is none. */
async function refuseClosed(
  db: Database,
  code: string,
  callerTokenHash: Buffer | null,
): Promise<never> {
  const caller = callerTokenHash && (await findParticipantByToken(db, callerTokenHash));
  const session = await findSessionByCode(db, code);
  const wasIn = caller && caller.session_id === session?.id;
  throw new DomainError(wasIn ? 'SESSION_ENDED' : 'SESSION_NOT_FOUND');
}

function toJoinedSession(
  session: Session,
  { id, role, joinedAt }: Participation,
  displayName: string,
  participantToken: string,
): JoinedSession {
  return {
    session: toSessionSummary(session),
    participant: { id, displayName, role, joinedAt: joinedAt.toISOString() },
    participantToken,
  };
}
