import { randomUUID } from 'node:crypto';
import { reasonOf } from '@classroom/client';
import { insertSession } from '@classroom/db';
import {
  countSessions,
  createTestDatabase,
  expireSessions,
  newSession,
} from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { reasonFor, sessionInput, useApi } from '../src/client.ts';
import { startApi } from '@classroom/api/start';

const { database, as } = await useApi();
const anyone = as();

const create = (hostDisplayName = `Ada ${randomUUID()}`) =>
  anyone.sessions.create.mutate({ title: '  Algebra \t I ', hostDisplayName });

test('a teacher without an account creates a session and receives a join code', async () => {
  const { hostToken, ...session } = await create('Ada Lovelace');
  expect(session).toEqual({
    id: expect.any(Number),
    code: expect.stringMatching(/^[2-9CDFGHJKMNPRTVWX]{6}$/),
    title: 'Algebra I',
    status: 'draft',
    host: { id: expect.any(Number), displayName: 'Ada Lovelace' },
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    startedAt: null,
    endedAt: null,
    expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    joining: 'open',
    moderated: false,
  });
  expect(hostToken).toMatch(/^[\w-]{43}$/);
  expect(await anyone.sessions.get.query({ code: session.code })).toEqual(session);
});

test('a session is found by its code in any case, with spaces and hyphens', async () => {
  const { hostToken: _, ...session } = await create();
  const typed = ` ${session.code.slice(0, 3).toLowerCase()}-${session.code.slice(3)} `;
  expect(await anyone.sessions.get.query({ code: typed })).toEqual(session);
});

test('calls in one batch succeed and fail independently', async () => {
  const session = await create();
  const [found, missing] = await Promise.all([
    anyone.sessions.get.query({ code: session.code }),
    reasonFor(anyone.sessions.get.query({ code: 'AAAAAA' })),
  ]);
  expect(found.id).toBe(session.id);
  expect(missing).toBe('SESSION_NOT_FOUND');
});

describe('a session that its host ends', () => {
  test('stays ended when it is ended again', async () => {
    const { hostToken, code } = await create();
    const ended = await as(hostToken).sessions.end.mutate({ code });
    expect(ended).toMatchObject({ code, status: 'ended' });
    expect(await as(hostToken).sessions.end.mutate({ code })).toEqual(ended);
  });

  test('is found only by its participants', async () => {
    const { hostToken, code } = await create();
    const other = await create();
    await as(hostToken).sessions.end.mutate({ code });
    for (const outsider of [anyone, as(other.hostToken), as('unknown')]) {
      expect(await reasonFor(outsider.sessions.get.query({ code }))).toBe('SESSION_NOT_FOUND');
    }
    expect(await as(hostToken).sessions.get.query({ code })).toMatchObject({ status: 'ended' });
  });
});

describe('a session that its host starts', () => {
  test('stays active when it is started again', async () => {
    const { hostToken, code } = await create();
    const host = as(hostToken);
    const started = await host.sessions.start.mutate({ code });
    expect(started).toMatchObject({ code, status: 'active' });
    expect(await host.sessions.start.mutate({ code })).toEqual(started);
  });

  test('cannot be started or extended after its end', async () => {
    const { hostToken, code } = await create();
    const host = as(hostToken);
    await host.sessions.end.mutate({ code });
    expect(await reasonFor(host.sessions.start.mutate({ code }))).toBe('SESSION_ENDED');
    expect(await reasonFor(host.sessions.extend.mutate({ code }))).toBe('SESSION_ENDED');
  });

  test('can be extended before its start', async () => {
    const { hostToken, ...session } = await create();
    const { code } = session;
    const extended = await as(hostToken).sessions.extend.mutate({ code });
    expect(extended).toEqual({ ...session, expiresAt: extended.expiresAt });
    expect(Date.parse(extended.expiresAt)).toBeGreaterThan(Date.parse(session.expiresAt));
  });
});

describe.each(['start', 'extend', 'end'] as const)('%s', (verb) => {
  test('refuses a missing, unknown or foreign token and changes nothing', async () => {
    const { code } = await create();
    const foreign = as((await create()).hostToken).sessions[verb];
    expect(await reasonFor(anyone.sessions[verb].mutate({ code }))).toBe('UNAUTHENTICATED');
    expect(await reasonFor(as('unknown').sessions[verb].mutate({ code }))).toBe('UNAUTHENTICATED');
    expect(await reasonFor(foreign.mutate({ code }))).toBe('FORBIDDEN');
    expect(await reasonFor(foreign.mutate({ code: 'AAAAAA' }))).toBe('SESSION_NOT_FOUND');
    expect(await anyone.sessions.get.query({ code })).toMatchObject({ status: 'draft' });
  });
});

describe('a host with three open sessions', () => {
  test('cannot create a fourth (HOST_SESSION_LIMIT) until one has ended', async () => {
    const host = `Ada ${randomUUID()}`;
    const [first] = [await create(host), await create(host), await create(host)];
    const failure: unknown = await create(host).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      data: { reason: 'HOST_SESSION_LIMIT', code: 'CONFLICT', httpStatus: 409, limit: 3 },
    });
    await as(first.hostToken).sessions.end.mutate({ code: first.code });
    expect(await create(host)).toMatchObject({ status: 'draft' });
  });

  test('may create another once they have expired', async () => {
    const host = `Ada ${randomUUID()}`;
    const [first] = [await create(host), await create(host), await create(host)];
    await expireSessions(database.db, host);
    expect(await reasonFor(anyone.sessions.get.query({ code: first.code }))).toBe(
      'SESSION_NOT_FOUND',
    );
    expect(await create(host)).toMatchObject({ status: 'draft' });
  });
});

test('a process ends sessions that expired before its start', async () => {
  // Another database, which no other process sweeps.
  await using other = await createTestDatabase();
  const { db, url } = other;
  const session = newSession();
  await insertSession(db, session);
  await expireSessions(db, session.hostDisplayName);
  expect(await countSessions(db, session.hostDisplayName)).toEqual({ all: 1, open: 1 });
  await using _ = await startApi({ DATABASE_URL: url });
  await expect.poll(() => countSessions(db, session.hostDisplayName)).toEqual({ all: 1, open: 0 });
});

test('a replay under an idempotency key returns the same session, and another input fails with IDEMPOTENCY_KEY_REUSED', async () => {
  const input = { ...sessionInput(), idempotencyKey: randomUUID() };
  const first = await anyone.sessions.create.mutate(input);
  expect(await anyone.sessions.create.mutate(input)).toEqual(first);
  expect(await as(first.hostToken).sessions.end.mutate({ code: first.code })).toBeDefined();
  const other = anyone.sessions.create.mutate({ ...input, title: 'Algebra II' });
  expect(await reasonFor(other)).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('invalid input is refused with the errors and codes of each field', async () => {
  const failure: unknown = await anyone.sessions.create
    .mutate({ title: ' ', hostDisplayName: 'a'.repeat(101), idempotencyKey: 'no uuid' })
    .catch((error: unknown) => error);
  expect(reasonOf(failure)).toBe('INVALID_INPUT');
  expect(failure).toMatchObject({
    data: {
      fieldErrors: {
        title: ['Must contain a visible character'],
        hostDisplayName: ['Must be at most 100 characters'],
        idempotencyKey: [expect.any(String)],
      },
      fieldCodes: {
        title: ['TOO_SHORT'],
        hostDisplayName: ['TOO_LONG'],
        idempotencyKey: ['WRONG_FORMAT'],
      },
    },
  });
});
