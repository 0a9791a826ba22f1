import { randomUUID } from 'node:crypto';
import { findSessionByCode } from '@classroom/db';
import { countSessions, expireSessions, newCode, useTestDatabase } from '@classroom/db/testing';
import type { CreateSessionInput } from '@classroom/schema';
import { describe, expect, test } from 'vitest';
import { hashSecret } from '../../secrets.ts';
import { refusalReason } from '../../testing/classroom.ts';
import { createSession } from './create.ts';

const database = await useTestDatabase({ max: 20 });

const input = (overrides: Partial<CreateSessionInput> = {}): CreateSessionInput => ({
  title: 'Algebra I',
  hostDisplayName: `Ada ${randomUUID()}`,
  ...overrides,
});

const notifyChanged = () => {};
const create = (session: CreateSessionInput, generateJoinCode = newCode) =>
  createSession(
    { db: database.db, notifyChanged, generateJoinCode, sessionTtlSeconds: 3600 },
    session,
  );

test('createSession returns what it stored, and stores only the hash of the token', async () => {
  const session = input();
  const { hostToken, ...summary } = await create(session);
  const stored = await findSessionByCode(database.db, summary.code);
  expect(summary).toEqual({
    id: stored?.id,
    code: stored?.code,
    title: session.title,
    status: 'draft',
    host: { id: stored?.host_user_id, displayName: session.hostDisplayName },
    createdAt: stored?.created_at.toISOString(),
    startedAt: null,
    endedAt: null,
    expiresAt: stored?.expires_at.toISOString(),
    joining: 'open',
    moderated: false,
  });
  expect(hostToken).toMatch(/^[\w-]{43}$/);
  const participant = await database.db
    .selectFrom('session_participants')
    .where('session_id', '=', summary.id)
    .selectAll()
    .executeTakeFirstOrThrow();
  expect(participant.token_hash).toEqual(hashSecret(hostToken));
  expect(JSON.stringify(participant)).not.toContain(hostToken);
});

describe('join codes', () => {
  test('a taken code is generated again', async () => {
    const { code } = await create(input());
    const codes = [code, code, newCode()];
    const session = await create(input(), () => codes.shift() ?? 'NONE');
    expect(session.code).not.toBe(code);
    expect(codes).toEqual([]);
  });

  test('a generator that always collides fails with JOIN_CODE_EXHAUSTED after at most eight attempts', async () => {
    const { code } = await create(input());
    let attempts = 0;
    const reason = await refusalReason(
      create(input(), () => {
        attempts += 1;
        return code;
      }),
    );
    expect(reason).toBe('JOIN_CODE_EXHAUSTED');
    expect(attempts).toBeLessThanOrEqual(8);
  });

  test('parallel calls with the same few codes get different codes or fail with a typed reason', async () => {
    const codes = Array.from({ length: 10 }, newCode);
    const pickCode = () => codes[Math.floor(Math.random() * codes.length)] ?? '';
    const created: string[] = [];
    const reasons = await Promise.all(
      Array.from({ length: 20 }, () =>
        refusalReason(create(input(), pickCode).then(({ code }) => created.push(code))),
      ),
    );
    expect(new Set(created).size).toBe(created.length);
    const known = new Set(['none', 'JOIN_CODE_EXHAUSTED', 'UNAVAILABLE']);
    expect(reasons.filter((reason) => !known.has(reason))).toEqual([]);
  });
});

describe('the limit of three open sessions', () => {
  test('a fourth open session is refused with HOST_SESSION_LIMIT', async () => {
    const { hostDisplayName } = input();
    for (let n = 0; n < 3; n += 1) await create(input({ hostDisplayName }));
    await expect(create(input({ hostDisplayName }))).rejects.toMatchObject({
      reason: 'HOST_SESSION_LIMIT',
      details: { limit: 3 },
    });
  });

  test('exactly three of twenty parallel calls succeed', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { hostDisplayName } = input();
      const reasons = await Promise.all(
        Array.from({ length: 20 }, () => refusalReason(create(input({ hostDisplayName })))),
      );
      expect(reasons.filter((reason) => reason === 'none')).toHaveLength(3);
      expect(reasons.filter((reason) => reason === 'HOST_SESSION_LIMIT')).toHaveLength(17);
    }
  });

  test('expired sessions free their slots, for parallel calls too', async () => {
    const { hostDisplayName } = input();
    for (let n = 0; n < 3; n += 1) await create(input({ hostDisplayName }));
    await expireSessions(database.db, hostDisplayName);
    const reasons = await Promise.all(
      Array.from({ length: 5 }, () => refusalReason(create(input({ hostDisplayName })))),
    );
    expect(reasons.toSorted()).toEqual([
      'HOST_SESSION_LIMIT',
      'HOST_SESSION_LIMIT',
      'none',
      'none',
      'none',
    ]);
  });
});

describe('an idempotency key', () => {
  test('in fifty parallel calls creates one session and returns equal responses', async () => {
    for (let round = 0; round < 20; round += 1) {
      const session = input({ idempotencyKey: randomUUID() });
      const responses = await Promise.all(Array.from({ length: 50 }, () => create(session)));
      for (const response of responses) expect(response).toEqual(responses[0]);
      expect(await countSessions(database.db, session.hostDisplayName)).toMatchObject({ all: 1 });
    }
  });

  test('returns the same response after the session has ended', async () => {
    const session = input({ idempotencyKey: randomUUID() });
    const first = await create(session);
    await expireSessions(database.db, session.hostDisplayName);
    expect(await create(session)).toEqual(first);
  });

  test('with another title or host is refused, in parallel too', async () => {
    const idempotencyKey = randomUUID();
    await create(input({ idempotencyKey }));
    const others = [input({ idempotencyKey }), input({ idempotencyKey, title: 'Algebra II' })];
    const reasons = await Promise.all(others.map((other) => refusalReason(create(other))));
    expect(reasons).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);

    const key = randomUUID();
    const racing = Array.from({ length: 10 }, () => input({ idempotencyKey: key }));
    const outcomes = await Promise.all(racing.map((each) => refusalReason(create(each))));
    expect(outcomes.toSorted()).toEqual([...Array(9).fill('IDEMPOTENCY_KEY_REUSED'), 'none']);
  });

  test('is stored as a hash, and the token is not stored', async () => {
    const idempotencyKey = randomUUID();
    const { id, hostToken } = await create(input({ idempotencyKey }));
    const row = await database.db
      .selectFrom('session_participants')
      .where('session_id', '=', id)
      .selectAll()
      .executeTakeFirstOrThrow();
    const stored = Object.values(row).map((value) =>
      Buffer.isBuffer(value) ? [value.toString(), value.toString('base64url')] : String(value),
    );
    expect(stored.flat()).not.toContain(hostToken);
    expect(stored.flat()).not.toContain(idempotencyKey);
  });
});
