import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { expireSessions, newSession, outcomeOf, useTestDatabase } from '../testing.ts';
import { insertSession } from './insert-session.ts';
import { findReplayedParticipant, findParticipantByToken } from './session-participants.ts';
import {
  configureSessionAsHost,
  endSessionAsHost,
  extendSessionAsHost,
  startSessionAsHost,
} from './session-lifecycle.ts';
import { endExpiredSessions, findSessionByCode, sweepExpiredSessions } from './sessions.ts';

const database = await useTestDatabase();

async function createSession(overrides?: Parameters<typeof newSession>[0]) {
  const session = newSession(overrides);
  await insertSession(database.db, session);
  return session;
}

const find = (code: string) => findSessionByCode(database.db, code);

test('findSessionByCode returns a session with its host’s name', async () => {
  const { code, title, hostDisplayName } = await createSession();
  expect(await find(code)).toMatchObject({
    code,
    title,
    host_display_name: hostDisplayName,
    status: 'draft',
  });
  expect(await find('22222')).toBeUndefined();
});

test('an expired session has the status ended before a sweep has recorded it', async () => {
  const { code, hostDisplayName } = await createSession();
  await expireSessions(database.db, hostDisplayName);
  expect(await find(code)).toMatchObject({ status: 'ended' });
});

describe('endSessionAsHost', () => {
  test('ends a session once in five parallel calls', async () => {
    const { code, tokenHash } = await createSession();
    const calls = Array.from({ length: 5 }, () =>
      outcomeOf(endSessionAsHost(database.db, { code, tokenHash })),
    );
    const changed = (await Promise.all(calls)).filter(({ kind }) => kind === 'changed');
    const session = await find(code);
    expect(session).toMatchObject({ code, status: 'ended' });
    expect(changed).toEqual([{ kind: 'changed', session }]);
    expect(await endSessionAsHost(database.db, { code, tokenHash })).toEqual({
      kind: 'unchanged',
      session,
    });
  });

  test('refuses a foreign and an unknown token', async () => {
    const { code } = await createSession();
    const other = await createSession();
    for (const [tokenHash, reason] of [
      [other.tokenHash, 'forbidden'],
      [randomBytes(32), 'unauthenticated'],
    ] as const) {
      expect(await endSessionAsHost(database.db, { code, tokenHash })).toEqual({
        kind: 'refused',
        reason,
      });
    }
    expect(await find(code)).toMatchObject({ status: 'draft' });
  });

  test('frees the slot of the session', async () => {
    const { hostDisplayName } = newSession();
    const first = await createSession({ hostDisplayName });
    await createSession({ hostDisplayName });
    await createSession({ hostDisplayName });
    await endSessionAsHost(database.db, first);
    expect(await insertSession(database.db, newSession({ hostDisplayName }))).toMatchObject({
      kind: 'created',
    });
  });
});

describe('startSessionAsHost', () => {
  test('starts a session once in five parallel calls and records the time', async () => {
    const { code, tokenHash } = await createSession();
    const calls = Array.from({ length: 5 }, () =>
      outcomeOf(startSessionAsHost(database.db, { code, tokenHash })),
    );
    const changed = (await Promise.all(calls)).filter(({ kind }) => kind === 'changed');
    expect(changed).toHaveLength(1);
    const { started_at } = await database.db
      .selectFrom('sessions')
      .where('code', '=', code)
      .select('started_at')
      .executeTakeFirstOrThrow();
    expect(started_at).toBeInstanceOf(Date);
  });

  test('leaves a session ended that another call ends in parallel', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { code, tokenHash } = await createSession();
      const call = { code, tokenHash };
      await Promise.all([
        outcomeOf(startSessionAsHost(database.db, call)),
        endSessionAsHost(database.db, call),
      ]);
      expect(await find(code)).toMatchObject({ status: 'ended' });
      expect(await startSessionAsHost(database.db, call)).toEqual({
        kind: 'refused',
        reason: 'session-ended',
      });
    }
  });
});

test('extendSessionAsHost restarts the time to live of an open session only', async () => {
  const session = await createSession({ ttlSeconds: 60 });
  const extended = await extendSessionAsHost(database.db, { ...session, ttlSeconds: 3600 });
  expect(extended).toMatchObject({ kind: 'changed', session: { code: session.code } });
  const { rows } = await sql<{ left: number }>`
    select extract(epoch from expires_at - now())::int as left from sessions
    where code = ${session.code}
  `.execute(database.db);
  expect(rows[0]?.left).toBeGreaterThan(3500);
  await expireSessions(database.db, session.hostDisplayName);
  expect(await extendSessionAsHost(database.db, session)).toEqual({
    kind: 'refused',
    reason: 'session-ended',
  });
});

test('extendSessionAsHost ends no session later than seven days after its creation, or earlier than before', async () => {
  const DAY = 86_400;
  const lifeOf = async (call: Parameters<typeof extendSessionAsHost>[1]) => {
    const outcome = await extendSessionAsHost(database.db, call);
    if (outcome.kind !== 'changed') throw new Error(outcome.kind);
    const { created_at, expires_at } = outcome.session;
    return (expires_at.getTime() - created_at.getTime()) / 1000;
  };
  const session = await createSession({ ttlSeconds: DAY });
  expect(await lifeOf({ ...session, ttlSeconds: 30 * DAY })).toBe(7 * DAY);
  expect(await lifeOf({ ...session, ttlSeconds: 60 })).toBe(7 * DAY);
  const long = await createSession({ ttlSeconds: 30 * DAY });
  expect(await lifeOf({ ...long, ttlSeconds: 30 * DAY })).toBe(30 * DAY);
});

test('configureSessionAsHost changes the given settings of an open session, and counts as a change', async () => {
  const session = await createSession({ title: 'Algebra I' });
  const configure = (settings: object) =>
    configureSessionAsHost(database.db, { ...session, ...settings });
  expect(await configure({ title: 'Algebra II', joining: undefined })).toMatchObject({
    kind: 'changed',
    session: { title: 'Algebra II', joining: 'open', status: 'draft' },
  });
  expect(await configure({ title: undefined, joining: 'closed' })).toMatchObject({
    session: { title: 'Algebra II', joining: 'closed' },
  });
  const row = await database.db
    .selectFrom('sessions')
    .where('code', '=', session.code)
    .select(['created_title', 'change_number', 'status_change_number'])
    .executeTakeFirstOrThrow();
  expect(row).toEqual({ created_title: 'Algebra I', change_number: 2, status_change_number: 2 });
  await endSessionAsHost(database.db, session);
  expect(await configure({ title: 'Late' })).toEqual({ kind: 'refused', reason: 'session-ended' });
});

test('endExpiredSessions ends the expired sessions of one host as of their expiry', async () => {
  const { hostDisplayName } = newSession();
  const past = await createSession({ hostDisplayName });
  const ofAnotherHost = await createSession();
  await expireSessions(database.db, hostDisplayName);
  await expireSessions(database.db, ofAnotherHost.hostDisplayName);
  const kept = await createSession({ hostDisplayName });

  expect(await endExpiredSessions(database.db, { hostDisplayName })).toHaveLength(1);
  expect(await endExpiredSessions(database.db, { hostDisplayName })).toEqual([]);
  const rows = await database.db
    .selectFrom('sessions')
    .where('code', 'in', [past.code, ofAnotherHost.code, kept.code])
    .select(['status', sql<boolean>`ended_at = expires_at`.as('as_of_then')])
    .orderBy('id')
    .execute();
  expect(rows).toEqual([
    { status: 'ended', as_of_then: true },
    { status: 'draft', as_of_then: null },
    { status: 'draft', as_of_then: null },
  ]);
});

test('parallel sweeps end every expired session exactly once', async () => {
  const sessions = await Promise.all(Array.from({ length: 30 }, () => createSession()));
  const kept = await createSession();
  for (const { hostDisplayName } of sessions) await expireSessions(database.db, hostDisplayName);
  const ended: number[] = [];
  for (let swept = [0]; swept.length > 0;) {
    const parallel = Array.from({ length: 5 }, () => sweepExpiredSessions(database.db, 4));
    swept = (await Promise.all(parallel)).flat();
    ended.push(...swept);
  }
  expect(new Set(ended).size).toBe(ended.length);
  const rows = await database.db
    .selectFrom('sessions')
    .where(
      'code',
      'in',
      [...sessions, kept].map(({ code }) => code),
    )
    .select('status')
    .orderBy('status')
    .execute();
  expect(rows.map(({ status }) => status)).toEqual(['draft', ...Array(30).fill('ended')]);
});

test('findParticipantByToken finds the holder of a token', async () => {
  const { code, tokenHash } = await createSession();
  const session = await find(code);
  expect(await findParticipantByToken(database.db, tokenHash)).toMatchObject({
    session_id: session?.id,
    role: 'host',
  });
  expect(await findParticipantByToken(database.db, randomBytes(32))).toBeUndefined();
});

test('findReplayedParticipant finds the first call by the hash of its idempotency key', async () => {
  const idempotencyKeyHash = randomBytes(32);
  const session = await createSession({ idempotencyKeyHash, tokenSeed: randomBytes(32) });
  expect(await findReplayedParticipant(database.db, idempotencyKeyHash)).toMatchObject({
    code: session.code,
    role: 'host',
    token_seed: session.tokenSeed,
  });
  expect(await findReplayedParticipant(database.db, randomBytes(32))).toBeUndefined();
});
