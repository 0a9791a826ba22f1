import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  captureQueries,
  countSessions,
  expireSessions,
  newSession,
  outcomeOf,
  useTestDatabase,
} from '../testing.ts';
import { insertSession } from './insert-session.ts';

const database = await useTestDatabase({ max: 40 });

const create = (overrides?: Parameters<typeof newSession>[0]) =>
  insertSession(database.db, newSession(overrides));

const kinds = async (calls: ReturnType<typeof create>[]) =>
  (await Promise.all(calls.map(outcomeOf))).map(({ kind }) => kind).toSorted();

test('insertSession creates a session, its host and the host’s participant row', async () => {
  const session = newSession();
  const outcome = await insertSession(database.db, session);

  const row = await database.db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.host_user_id')
    .innerJoin('session_participants as host', 'host.session_id', 'sessions.id')
    .where('sessions.code', '=', session.code)
    .select(['sessions.id', 'host_user_id', 'sessions.created_at'])
    .select(['display_name', 'host_slot', 'status', 'role', 'token_hash', 'expires_at'])
    .select(sql<number>`extract(epoch from expires_at - sessions.created_at)::int`.as('ttl'))
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({
    display_name: session.hostDisplayName,
    host_slot: 1,
    status: 'draft',
    role: 'host',
    token_hash: session.tokenHash,
    ttl: session.ttlSeconds,
  });
  expect(outcome).toEqual({
    kind: 'created',
    session: {
      id: row.id,
      code: session.code,
      title: session.title,
      status: 'draft',
      created_at: row.created_at,
      started_at: null,
      ended_at: null,
      expires_at: row.expires_at,
      joining: 'open',
      moderated: false,
      host_user_id: row.host_user_id,
      host_display_name: session.hostDisplayName,
      host_key_id: null,
    },
  });
});

test('insertSession sends one statement, in one round trip', async () => {
  const sent = await captureQueries(database.url, (db) => insertSession(db, newSession()));
  expect(sent).toHaveLength(1);
});

test('two sessions under one host name have the same host', async () => {
  const { hostDisplayName } = newSession();
  const first = await create({ hostDisplayName });
  const second = await create({ hostDisplayName });
  if (first.kind !== 'created') throw new Error(first.kind);
  const { host_user_id } = first.session;
  expect(second).toMatchObject({ kind: 'created', session: { host_user_id } });
});

test('insertSession returns code-taken for the join code of another session, and writes nothing', async () => {
  const { code } = newSession();
  await create({ code });
  const refused = newSession({ code });
  expect(await insertSession(database.db, refused)).toEqual({ kind: 'code-taken' });
  const written = await database.db
    .selectFrom('session_participants')
    .where('token_hash', '=', refused.tokenHash)
    .select('id')
    .execute();
  expect(written).toEqual([]);
});

describe('the limit of three open sessions', () => {
  test('insertSession returns host-limit for a fourth open session', async () => {
    const { hostDisplayName } = newSession();
    for (let n = 0; n < 3; n += 1) {
      expect(await create({ hostDisplayName })).toMatchObject({ kind: 'created' });
    }
    expect(await create({ hostDisplayName })).toEqual({ kind: 'host-limit' });
  });

  test('insertSession returns slots-expired for a fourth session beside expired ones', async () => {
    const { hostDisplayName } = newSession();
    for (let n = 0; n < 3; n += 1) await create({ hostDisplayName });
    await expireSessions(database.db, hostDisplayName);
    expect(await create({ hostDisplayName })).toEqual({
      kind: 'slots-expired',
      hostKeyId: null,
    });
  });

  test('forty parallel calls create at most three sessions', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { hostDisplayName } = newSession();
      const outcomes = await kinds(Array.from({ length: 40 }, () => create({ hostDisplayName })));
      const open = outcomes.filter((kind) => kind === 'created').length;
      expect(open).toBeGreaterThanOrEqual(1);
      expect(open).toBeLessThanOrEqual(3);
      expect(await countSessions(database.db, hostDisplayName)).toMatchObject({ open });
    }
  });
});

test('twenty parallel calls for one new host name create sessions, conflict or reach the limit', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { hostDisplayName } = newSession();
    const outcomes = await kinds(Array.from({ length: 20 }, () => create({ hostDisplayName })));
    expect(outcomes).toContain('created');
    const known = new Set(['created', 'conflict', 'host-limit']);
    expect(outcomes.filter((kind) => !known.has(kind))).toEqual([]);
  }
});

describe('an idempotency key', () => {
  const key = () => ({ idempotencyKeyHash: randomBytes(32), tokenSeed: randomBytes(32) });

  test('that was used before writes nothing, not even a user', async () => {
    const used = key();
    await create(used);
    const { hostDisplayName } = newSession();
    expect(await create({ ...used, hostDisplayName })).toEqual({
      kind: 'key-used',
      hostKeyId: null,
    });
    const users = await database.db
      .selectFrom('users')
      .where('display_name', '=', hostDisplayName)
      .select('id')
      .execute();
    expect(users).toEqual([]);
  });

  test('in ten parallel calls for different hosts creates one session', async () => {
    for (let round = 0; round < 20; round += 1) {
      const used = key();
      const outcomes = await kinds(Array.from({ length: 10 }, () => create(used)));
      expect(outcomes.filter((kind) => kind === 'created')).toHaveLength(1);
    }
  });
});
