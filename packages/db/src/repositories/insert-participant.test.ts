import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  captureQueries,
  expireSessions,
  newParticipant,
  newSession,
  outcomeOf,
  useTestDatabase,
} from '../testing.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsModerator } from './participant-removal.ts';
import { endSessionAsHost } from './session-lifecycle.ts';

const database = await useTestDatabase({ max: 40 });

async function createSession() {
  const session = newSession();
  await insertSession(database.db, session);
  return session;
}

const add = (overrides: Parameters<typeof newParticipant>[0]) =>
  insertParticipant(database.db, newParticipant(overrides));

async function participants(code: string): Promise<number> {
  const rows = await database.db
    .selectFrom('session_participants as participant')
    .innerJoin('sessions', 'sessions.id', 'participant.session_id')
    .where('code', '=', code)
    .select('participant.id')
    .execute();
  return rows.length;
}

test('insertParticipant sends one statement and returns the current session', async () => {
  const { code, title, hostDisplayName } = await createSession();
  const sent = await captureQueries(database.url, async (db) => {
    expect(await insertParticipant(db, newParticipant({ code }))).toMatchObject({
      kind: 'added',
      session: { code, title, host_display_name: hostDisplayName, status: 'draft' },
      participant: { role: 'participant' },
    });
  });
  expect(sent).toHaveLength(1);
  expect(await participants(code)).toBe(2);
});

test('insertParticipant returns name-taken for the name of a participant or the host', async () => {
  const { code, hostDisplayName } = await createSession();
  const { displayName } = newParticipant();
  await add({ code, displayName });
  expect(await add({ code, displayName })).toEqual({ kind: 'name-taken' });
  expect(await add({ code, displayName: hostDisplayName })).toEqual({ kind: 'name-taken' });
});

test('a join with the token and name of a participant returns that participant', async () => {
  const { code } = await createSession();
  const first = newParticipant({ code });
  const added = await insertParticipant(database.db, first);
  const again = await add({
    ...first,
    callerTokenHash: first.tokenHash,
    tokenHash: randomBytes(32),
  });
  expect(again).toEqual({ ...added, kind: 'already-joined' });
  expect(await participants(code)).toBe(2);
});

test('forty parallel joins under one name add one participant', async () => {
  const { code } = await createSession();
  const { displayName } = newParticipant();
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, () => outcomeOf(add({ code, displayName }))),
  );
  expect(outcomes.filter(({ kind }) => kind === 'added')).toHaveLength(1);
  const known = new Set(['added', 'name-taken', 'conflict']);
  expect(outcomes.filter(({ kind }) => !known.has(kind))).toEqual([]);
});

test('forty parallel joins under different names are added or conflict over a slot', async () => {
  const { code } = await createSession();
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => outcomeOf(add({ code }))));
  const added = outcomes.filter(({ kind }) => kind === 'added').length;
  expect(added).toBeGreaterThanOrEqual(1);
  expect(outcomes.filter(({ kind }) => kind === 'conflict')).toHaveLength(40 - added);
  expect(await participants(code)).toBe(1 + added);
});

test('a join to an ended, expired or unknown session is refused and stores no user', async () => {
  const ended = await createSession();
  await endSessionAsHost(database.db, ended);
  const expired = await createSession();
  await expireSessions(database.db, expired.hostDisplayName);
  for (const code of [ended.code, expired.code, 'AAAAAA']) {
    const { displayName } = newParticipant();
    expect(await add({ code, displayName })).toEqual({
      kind: 'refused',
      reason: 'session-not-found',
    });
    const left = await database.db
      .selectFrom('users')
      .where('display_name', '=', displayName)
      .select('id')
      .execute();
    expect(left).toEqual([]);
  }
});

test('a participant who joins an ended session again is refused with session-ended', async () => {
  const session = await createSession();
  const joined = newParticipant({ code: session.code });
  await insertParticipant(database.db, joined);
  await endSessionAsHost(database.db, session);
  expect(await add({ code: session.code, callerTokenHash: joined.tokenHash })).toEqual({
    kind: 'refused',
    reason: 'session-ended',
  });
});

test('a join in parallel to the end of the session is added, refused or conflicts', async () => {
  for (let round = 0; round < 20; round += 1) {
    const session = await createSession();
    const [, ...outcomes] = await Promise.all([
      endSessionAsHost(database.db, session),
      ...Array.from({ length: 10 }, () => outcomeOf(add({ code: session.code }))),
    ]);
    const added = outcomes.filter(({ kind }) => kind === 'added').length;
    const notAdded = outcomes.filter(({ kind }) => kind === 'refused' || kind === 'conflict');
    expect(notAdded).toHaveLength(10 - added);
    expect(await participants(session.code)).toBe(1 + added);
  }
});

test('an idempotency key in ten parallel joins adds one participant', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { code } = await createSession();
    const key = { idempotencyKeyHash: randomBytes(32), tokenSeed: randomBytes(32) };
    await Promise.all(Array.from({ length: 10 }, () => outcomeOf(add({ code, ...key }))));
    expect(await participants(code)).toBe(2);
  }
});

test('an uncommitted join does not block another join to the same session', async () => {
  const { code } = await createSession();
  // With this many slots, two joins never try the same one.
  const maxParticipants = 1_000_000;
  await database.db.transaction().execute(async (transaction) => {
    const first = await insertParticipant(transaction, newParticipant({ code, maxParticipants }));
    expect(first.kind).toBe('added');
    expect((await add({ code, maxParticipants })).kind).toBe('added');
  });
});

test('a full session refuses a join and stores no user for it', async () => {
  const { code } = await createSession();
  await add({ code, maxParticipants: 1 });
  const { displayName } = newParticipant();
  expect(await add({ code, displayName, maxParticipants: 1 })).toEqual({ kind: 'session-full' });
  expect(await add({ code, displayName, maxParticipants: 2 })).toMatchObject({ kind: 'added' });
  const { rows } = await sql<{ session_slot: number | null }>`
    select session_slot from session_participants join sessions on sessions.id = session_id
    where code = ${code} order by session_slot
  `.execute(database.db);
  expect(rows.map(({ session_slot }) => session_slot)).toEqual([1, 2, null]);
});

test('a join with the token and name of a participant succeeds in a full session', async () => {
  const { code } = await createSession();
  const first = newParticipant({ code, maxParticipants: 1 });
  const added = await insertParticipant(database.db, first);
  const again = await add({
    ...first,
    callerTokenHash: first.tokenHash,
    tokenHash: randomBytes(32),
  });
  expect(again).toEqual({ ...added, kind: 'already-joined' });
});

test.each([false, true])('a removed participant frees a slot (blocked: %s)', async (block) => {
  const { code, tokenHash } = await createSession();
  const joined = await add({ code, maxParticipants: 1 });
  if (joined.kind !== 'added') throw new Error(joined.kind);
  const participantId = joined.participant.id;
  await removeParticipantAsModerator(database.db, { code, tokenHash, participantId, block });
  expect((await add({ code, maxParticipants: 1 })).kind).toBe('added');
  expect((await add({ code, maxParticipants: 1 })).kind).toBe('session-full');
});
