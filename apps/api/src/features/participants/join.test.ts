import { randomUUID } from 'node:crypto';
import {
  endSessionAsHost,
  insertSession,
  removeParticipantAsModerator,
  startSessionAsHost,
} from '@classroom/db';
import { newSession, useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { refusalReason } from '../../testing/classroom.ts';
import { joinSession } from './join.ts';

const { db } = await useTestDatabase({ max: 20 });

async function createSession() {
  const session = newSession();
  await insertSession(db, session);
  const join = (maxParticipants: number, more = {}) =>
    joinSession(
      { db, maxParticipants },
      { code: session.code, displayName: randomUUID(), ...more },
      undefined,
    );
  return { ...session, join };
}

test('fifty parallel joins fill a session exactly to its limit, the host not counted', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { join, code } = await createSession();
    const reasons = await Promise.all(Array.from({ length: 50 }, () => refusalReason(join(10))));
    expect(reasons.filter((reason) => reason === 'none')).toHaveLength(10);
    expect(reasons.filter((reason) => reason === 'SESSION_FULL')).toHaveLength(40);
    const rows = await db
      .selectFrom('session_participants as participant')
      .innerJoin('sessions', 'sessions.id', 'participant.session_id')
      .where('code', '=', code)
      .select('participant.role')
      .execute();
    expect(rows.filter(({ role }) => role === 'participant')).toHaveLength(10);
  }
  const nameless = await db
    .selectFrom('users')
    .leftJoin('session_participants as participant', 'participant.user_id', 'users.id')
    .where('participant.id', 'is', null)
    .select('users.id')
    .execute();
  expect(nameless).toEqual([]);
});

test('an idempotency key of another session is refused and does not return its token', async () => {
  const [first, second] = [await createSession(), await createSession()];
  const input = { displayName: 'Ben', idempotencyKey: randomUUID() };
  const joined = await first.join(10, input);
  await expect(second.join(10, input)).rejects.toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED' });
  expect(await first.join(10, input)).toEqual(joined);
  await endSessionAsHost(db, second);
  await expect(second.join(10, input)).rejects.toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED' });
});

test('a full session refuses a join with its limit, and replays one with the same idempotency key', async () => {
  const { join } = await createSession();
  const input = { displayName: 'Ben', idempotencyKey: randomUUID() };
  const joined = await join(1, input);
  await expect(join(1)).rejects.toMatchObject({ reason: 'SESSION_FULL', details: { limit: 1 } });
  expect(await join(1, input)).toEqual(joined);
});

test('a blocked participant cannot replay the join, not even after the session has ended', async () => {
  const session = await createSession();
  const input = { displayName: 'Ben', idempotencyKey: randomUUID() };
  const { participant } = await session.join(10, input);
  const { code, tokenHash } = session;
  await removeParticipantAsModerator(db, {
    code,
    tokenHash,
    participantId: participant.id,
    block: true,
  });
  await expect(session.join(10, input)).rejects.toMatchObject({ reason: 'FORBIDDEN' });
  await endSessionAsHost(db, session);
  await expect(session.join(10, input)).rejects.toMatchObject({ reason: 'FORBIDDEN' });
});

test('a replayed join returns the first response, also after the session has started and ended', async () => {
  const session = await createSession();
  const input = { displayName: 'Ben', idempotencyKey: randomUUID() };
  const joined = await session.join(10, input);
  expect(joined.session.status).toBe('draft');
  await startSessionAsHost(db, session);
  expect(await session.join(10, input)).toEqual(joined);
  await endSessionAsHost(db, session);
  expect(await session.join(10, input)).toEqual(joined);
});
