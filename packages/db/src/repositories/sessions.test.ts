import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { expireSessions, newSession, useTestDatabase } from '../testing.ts';
import { insertSession } from './insert-session.ts';
import { findReplayedParticipant, findParticipantByToken } from './session-participants.ts';
import { endSessionAsHost, extendSessionAsHost, startSessionAsHost } from './session-lifecycle.ts';
import { endExpiredSessions, findSessionByCode, sweepExpiredSessions } from './sessions.ts';

const database = await useTestDatabase();

async function opened(overrides?: Parameters<typeof newSession>[0]) {
  const session = newSession(overrides);
  await insertSession(database.db, session);
  return session;
}

const find = (code: string) => findSessionByCode(database.db, code);

test('a session is found by its code, with its host’s name', async () => {
  const { code, title, hostDisplayName } = await opened();
  expect(await find(code)).toMatchObject({
    code,
    title,
    host_display_name: hostDisplayName,
    status: 'draft',
  });
  expect(await find('22222')).toBeUndefined();
});

test('a session past its time is ended before anybody has recorded it', async () => {
  const { code, hostDisplayName } = await opened();
  await expireSessions(database.db, hostDisplayName);
  expect(await find(code)).toMatchObject({ status: 'ended' });
});

describe('a session ends', () => {
  test('with its host’s token, once', async () => {
    const { code, tokenHash } = await opened();
    const calls = Array.from({ length: 5 }, () =>
      endSessionAsHost(database.db, { code, tokenHash }),
    );
    const ended = (await Promise.all(calls)).filter((session) => session !== undefined);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({ code, status: 'ended' });
    expect(await find(code)).toEqual(ended[0]);
  });

  test('not with another token', async () => {
    const { code } = await opened();
    const other = await opened();
    for (const tokenHash of [other.tokenHash, randomBytes(32)]) {
      expect(await endSessionAsHost(database.db, { code, tokenHash })).toBeUndefined();
    }
    expect(await find(code)).toMatchObject({ status: 'draft' });
  });

  test('and its slot is free', async () => {
    const { hostDisplayName } = newSession();
    const first = await opened({ hostDisplayName });
    await opened({ hostDisplayName });
    await opened({ hostDisplayName });
    await endSessionAsHost(database.db, first);
    expect(await insertSession(database.db, newSession({ hostDisplayName }))).toMatchObject({
      kind: 'opened',
    });
  });
});

describe('a session starts', () => {
  test('once, with its host’s token, and says when', async () => {
    const { code, tokenHash } = await opened();
    const calls = Array.from({ length: 5 }, () =>
      startSessionAsHost(database.db, { code, tokenHash }),
    );
    const started = (await Promise.all(calls)).filter((session) => session !== undefined);
    expect(started).toHaveLength(1);
    const { started_at } = await database.db
      .selectFrom('sessions')
      .where('code', '=', code)
      .select('started_at')
      .executeTakeFirstOrThrow();
    expect(started_at).toBeInstanceOf(Date);
  });

  test('or ends, when both are asked at once: one after the other, never both undone', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { code, tokenHash } = await opened();
      const call = { code, tokenHash };
      await Promise.all([
        startSessionAsHost(database.db, call),
        endSessionAsHost(database.db, call),
      ]);
      expect(await find(code)).toMatchObject({ status: 'ended' });
      expect(await startSessionAsHost(database.db, call)).toBeUndefined();
    }
  });
});

test('a session is prolonged from now on, while it is open', async () => {
  const session = await opened({ ttlSeconds: 60 });
  const prolonged = await extendSessionAsHost(database.db, { ...session, ttlSeconds: 3600 });
  expect(prolonged).toMatchObject({ code: session.code });
  const { rows } = await sql<{ left: number }>`
    select extract(epoch from expires_at - now())::int as left from sessions
    where code = ${session.code}
  `.execute(database.db);
  expect(rows[0]?.left).toBeGreaterThan(3500);
  await expireSessions(database.db, session.hostDisplayName);
  expect(await extendSessionAsHost(database.db, session)).toBeUndefined();
});

test('of one host the sessions past their time are ended as of that time', async () => {
  const { hostDisplayName } = newSession();
  const past = await opened({ hostDisplayName });
  const ofAnother = await opened();
  await expireSessions(database.db, hostDisplayName);
  await expireSessions(database.db, ofAnother.hostDisplayName);
  const kept = await opened({ hostDisplayName });

  expect(await endExpiredSessions(database.db, hostDisplayName)).toHaveLength(1);
  expect(await endExpiredSessions(database.db, hostDisplayName)).toEqual([]);
  const rows = await database.db
    .selectFrom('sessions')
    .where('code', 'in', [past.code, ofAnother.code, kept.code])
    .select(['status', sql<boolean>`ended_at = expires_at`.as('as_of_then')])
    .orderBy('id')
    .execute();
  expect(rows).toEqual([
    { status: 'ended', as_of_then: true },
    { status: 'draft', as_of_then: null },
    { status: 'draft', as_of_then: null },
  ]);
});

test('any number may sweep at once: every session past its time is ended by one of them', async () => {
  const sessions = await Promise.all(Array.from({ length: 30 }, () => opened()));
  const kept = await opened();
  for (const { hostDisplayName } of sessions) await expireSessions(database.db, hostDisplayName);
  let total = 0;
  for (;;) {
    const swept = await Promise.all(
      Array.from({ length: 5 }, () => sweepExpiredSessions(database.db, 4)),
    );
    const ended = swept.flat().length;
    if (ended === 0) break;
    total += ended;
  }
  expect(total).toBeGreaterThanOrEqual(30);
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

test('a token is held by one participant or by nobody', async () => {
  const { code, tokenHash } = await opened();
  const session = await find(code);
  expect(await findParticipantByToken(database.db, tokenHash)).toMatchObject({
    session_id: session?.id,
    role: 'host',
  });
  expect(await findParticipantByToken(database.db, randomBytes(32))).toBeUndefined();
});

test('the first call under a key is found by the key’s hash', async () => {
  const idempotencyKeyHash = randomBytes(32);
  const session = await opened({ idempotencyKeyHash, tokenSeed: randomBytes(32) });
  expect(await findReplayedParticipant(database.db, idempotencyKeyHash)).toMatchObject({
    code: session.code,
    role: 'host',
    token_seed: session.tokenSeed,
  });
  expect(await findReplayedParticipant(database.db, randomBytes(32))).toBeUndefined();
});
