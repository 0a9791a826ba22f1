import { randomUUID } from 'node:crypto';
import { findSessionByCode } from '@classroom/db';
import { countSessions, expireSessions, newCode, useTestDatabase } from '@classroom/db/testing';
import type { CreateSessionInput } from '@classroom/schema';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../errors.ts';
import { hashSecret } from '../../secrets.ts';
import { createSession } from './create.ts';

const database = await useTestDatabase({ max: 20 });

const input = (overrides: Partial<CreateSessionInput> = {}): CreateSessionInput => ({
  title: 'Algebra I',
  hostDisplayName: `Ada ${randomUUID()}`,
  ...overrides,
});

const notifyChanged = () => {};
const create = (given: CreateSessionInput, generateJoinCode = newCode) =>
  createSession(
    { db: database.db, notifyChanged, generateJoinCode, sessionTtlSeconds: 3600 },
    given,
  );

const reasonOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof DomainError ? error.reason : String(error)),
  );

test('what is returned is what is stored, with a token of which only the hash is stored', async () => {
  const given = input();
  const { hostToken, ...summary } = await create(given);
  const stored = await findSessionByCode(database.db, summary.code);
  expect(summary).toEqual({
    id: stored?.id,
    code: stored?.code,
    title: given.title,
    status: 'draft',
    host: { id: stored?.host_user_id, displayName: given.hostDisplayName },
    createdAt: stored?.created_at.toISOString(),
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
  test('one that is taken is drawn again', async () => {
    const { code } = await create(input());
    const codes = [code, code, newCode()];
    const session = await create(input(), () => codes.shift() ?? 'NONE');
    expect(session.code).not.toBe(code);
    expect(codes).toEqual([]);
  });

  test('a generator that only collides is given up in a bounded number of tries', async () => {
    const { code } = await create(input());
    let tries = 0;
    const reason = await reasonOf(
      create(input(), () => {
        tries += 1;
        return code;
      }),
    );
    expect(reason).toBe('JOIN_CODE_EXHAUSTED');
    expect(tries).toBeLessThanOrEqual(8);
  });

  test('parallel calls with the same few codes all get a different one, or are told so', async () => {
    const codes = Array.from({ length: 10 }, newCode);
    const draw = () => codes[Math.floor(Math.random() * codes.length)] ?? '';
    const given: string[] = [];
    const reasons = await Promise.all(
      Array.from({ length: 20 }, () =>
        reasonOf(create(input(), draw).then(({ code }) => given.push(code))),
      ),
    );
    expect(new Set(given).size).toBe(given.length);
    const known = new Set(['none', 'JOIN_CODE_EXHAUSTED', 'UNAVAILABLE']);
    expect(reasons.filter((reason) => !known.has(reason))).toEqual([]);
  });
});

describe('the three open sessions of a host', () => {
  test('a fourth is refused', async () => {
    const { hostDisplayName } = input();
    for (let n = 0; n < 3; n += 1) await create(input({ hostDisplayName }));
    await expect(create(input({ hostDisplayName }))).rejects.toMatchObject({
      reason: 'HOST_SESSION_LIMIT',
      details: { limit: 3 },
    });
  });

  test('counting, then inserting, let parallel calls pass; exactly three succeed', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { hostDisplayName } = input();
      const reasons = await Promise.all(
        Array.from({ length: 20 }, () => reasonOf(create(input({ hostDisplayName })))),
      );
      expect(reasons.filter((reason) => reason === 'none')).toHaveLength(3);
      expect(reasons.filter((reason) => reason === 'HOST_SESSION_LIMIT')).toHaveLength(17);
    }
  });

  test('those past their time make room, for parallel calls too', async () => {
    const { hostDisplayName } = input();
    for (let n = 0; n < 3; n += 1) await create(input({ hostDisplayName }));
    await expireSessions(database.db, hostDisplayName);
    const reasons = await Promise.all(
      Array.from({ length: 5 }, () => reasonOf(create(input({ hostDisplayName })))),
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
  test('sent fifty times in parallel opens one session and gives equal answers', async () => {
    for (let round = 0; round < 20; round += 1) {
      const given = input({ idempotencyKey: randomUUID() });
      const answers = await Promise.all(Array.from({ length: 50 }, () => create(given)));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(await countSessions(database.db, given.hostDisplayName)).toMatchObject({ all: 1 });
    }
  });

  test('gives the same answer after the session has ended', async () => {
    const given = input({ idempotencyKey: randomUUID() });
    const first = await create(given);
    await expireSessions(database.db, given.hostDisplayName);
    expect(await create(given)).toEqual(first);
  });

  test('with another title or host is refused, in parallel too, and leaves no name', async () => {
    const idempotencyKey = randomUUID();
    await create(input({ idempotencyKey }));
    const others = [input({ idempotencyKey }), input({ idempotencyKey, title: 'Algebra II' })];
    const reasons = await Promise.all(others.map((other) => reasonOf(create(other))));
    expect(reasons).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);

    const key = randomUUID();
    const racing = Array.from({ length: 10 }, () => input({ idempotencyKey: key }));
    const outcomes = await Promise.all(racing.map((each) => reasonOf(create(each))));
    expect(outcomes.toSorted()).toEqual([...Array(9).fill('IDEMPOTENCY_KEY_REUSED'), 'none']);
  });

  test('is stored as a hash, and the token not at all', async () => {
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
