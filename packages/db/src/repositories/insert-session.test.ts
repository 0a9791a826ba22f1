import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { isConflict } from '../errors.ts';
import {
  captureQueries,
  countSessions,
  expireSessions,
  newSession,
  useTestDatabase,
} from '../testing.ts';
import { insertSession } from './insert-session.ts';

const database = await useTestDatabase({ max: 40 });

const open = (overrides?: Parameters<typeof newSession>[0]) =>
  insertSession(database.db, newSession(overrides));

const kinds = async (calls: ReturnType<typeof open>[]) =>
  (await Promise.all(calls)).map(({ kind }) => kind).toSorted();

test('a session, its host and the host’s participant row are created together', async () => {
  const session = newSession();
  const outcome = await insertSession(database.db, session);

  const row = await database.db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.host_user_id')
    .innerJoin('session_participants as host', 'host.session_id', 'sessions.id')
    .where('sessions.code', '=', session.code)
    .select(['sessions.id', 'host_user_id', 'sessions.created_at'])
    .select(['display_name', 'host_slot', 'status', 'role', 'token_hash'])
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
    kind: 'opened',
    id: row.id,
    hostId: row.host_user_id,
    createdAt: row.created_at,
  });
});

test('it takes one statement, and so one round trip', async () => {
  const sent = await captureQueries(database.url, (db) => insertSession(db, newSession()));
  expect(sent).toHaveLength(1);
});

test('a host of the same name is the same host', async () => {
  const { hostDisplayName } = newSession();
  const first = await open({ hostDisplayName });
  const second = await open({ hostDisplayName });
  expect(first).toMatchObject({ kind: 'opened' });
  expect(second).toMatchObject({ hostId: 'hostId' in first && first.hostId });
});

test('a code that another session has is code-taken, and nothing is written', async () => {
  const { code } = newSession();
  await open({ code });
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
  test('a fourth is host-full', async () => {
    const { hostDisplayName } = newSession();
    for (let n = 0; n < 3; n += 1) {
      expect(await open({ hostDisplayName })).toMatchObject({ kind: 'opened' });
    }
    expect(await open({ hostDisplayName })).toEqual({ kind: 'host-full' });
  });

  test('past their time they make it slots-expired', async () => {
    const { hostDisplayName } = newSession();
    for (let n = 0; n < 3; n += 1) await open({ hostDisplayName });
    await expireSessions(database.db, hostDisplayName);
    expect(await open({ hostDisplayName })).toEqual({ kind: 'slots-expired' });
  });

  test('counting before inserting lets too many through; the slots do not', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { hostDisplayName } = newSession();
      const outcomes = await kinds(Array.from({ length: 40 }, () => open({ hostDisplayName })));
      const opened = outcomes.filter((kind) => kind === 'opened').length;
      expect(opened).toBeGreaterThanOrEqual(1);
      expect(opened).toBeLessThanOrEqual(3);
      expect(await countSessions(database.db, hostDisplayName)).toMatchObject({ open: opened });
    }
  });
});

test('get-or-create without a row is conflict, not an error: one new name, many at once', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { hostDisplayName } = newSession();
    const outcomes = await kinds(Array.from({ length: 20 }, () => open({ hostDisplayName })));
    expect(outcomes).toContain('opened');
    const known = new Set(['opened', 'conflict', 'host-full']);
    expect(outcomes.filter((kind) => !known.has(kind))).toEqual([]);
  }
});

describe('an idempotency key', () => {
  const key = () => ({ idempotencyKeyHash: randomBytes(32), tokenSeed: randomBytes(32) });

  test('that has been used writes nothing, not even the name', async () => {
    const used = key();
    await open(used);
    const { hostDisplayName } = newSession();
    expect(await open({ ...used, hostDisplayName })).toEqual({ kind: 'key-used' });
    const users = await database.db
      .selectFrom('users')
      .where('display_name', '=', hostDisplayName)
      .select('id')
      .execute();
    expect(users).toEqual([]);
  });

  test('in parallel calls for different hosts opens one session', async () => {
    for (let round = 0; round < 20; round += 1) {
      const used = key();
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => open(used)));
      const opened = results.filter((r) => r.status === 'fulfilled' && r.value.kind === 'opened');
      expect(opened).toHaveLength(1);
      const unexpected = results.filter((r) => r.status === 'rejected' && !isConflict(r.reason));
      expect(unexpected).toEqual([]);
    }
  });
});
