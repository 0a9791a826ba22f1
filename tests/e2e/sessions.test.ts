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

describe('a session that its host configures', () => {
  test('keeps the settings that are left out', async () => {
    const { hostToken, code } = await create();
    const { configure } = as(hostToken).sessions;
    const session = await anyone.sessions.get.query({ code });
    expect(await configure.mutate({ code })).toEqual(session);
    expect(await configure.mutate({ code, title: ' Part  2 ' })).toEqual({
      ...session,
      title: 'Part 2',
    });
    expect(await configure.mutate({ code, joining: 'closed' })).toEqual({
      ...session,
      title: 'Part 2',
      joining: 'closed',
    });
    expect(await reasonFor(configure.mutate({ code, title: '' }))).toBe('INVALID_INPUT');
  });

  test('refuses new participants with SESSION_LOCKED while joining is closed, and knows the others', async () => {
    const { hostToken, code } = await create();
    const input = { code, displayName: 'Ben', idempotencyKey: randomUUID() };
    const ben = await anyone.sessions.join.mutate(input);
    const { configure } = as(hostToken).sessions;
    await configure.mutate({ code, joining: 'closed' });
    for (const displayName of ['Ben', 'Cleo']) {
      const join = anyone.sessions.join.mutate({ code, displayName });
      expect(await reasonFor(join)).toBe('SESSION_LOCKED');
    }
    const again = await as(ben.participantToken).sessions.join.mutate({ code, displayName: 'Ben' });
    expect(again.participant).toEqual(ben.participant);
    const replayed = await anyone.sessions.join.mutate(input);
    expect(replayed.participantToken).toBe(ben.participantToken);
    await configure.mutate({ code, joining: 'open' });
    expect(await reasonFor(anyone.sessions.join.mutate({ code, displayName: 'Cleo' }))).toBe(
      'none',
    );
  });

  test('replays its creation under the idempotency key as before the changes', async () => {
    const input = { ...sessionInput(), idempotencyKey: randomUUID() };
    const first = await anyone.sessions.create.mutate(input);
    const { code } = first;
    const { configure, extend } = as(first.hostToken).sessions;
    await configure.mutate({ code, title: 'Another', joining: 'closed' });
    await extend.mutate({ code });
    expect(await anyone.sessions.create.mutate(input)).toEqual(first);
  });
});

describe('a duplicate of a session', () => {
  test('is a draft of the same host with the same settings, and without people and questions', async () => {
    const { hostToken, code } = await create();
    const host = as(hostToken);
    await anyone.sessions.join.mutate({ code, displayName: 'Ben' });
    await host.questions.submit.mutate({ code, body: 'Why?' });
    const source = await host.sessions.configure.mutate({ code, joining: 'closed' });
    await host.sessions.end.mutate({ code });
    const copy = await host.sessions.duplicate.mutate({ code });
    expect(copy).toMatchObject({ title: source.title, host: source.host, joining: 'closed' });
    expect(copy).toMatchObject({ status: 'draft', startedAt: null, endedAt: null });
    expect(copy.code).not.toBe(code);
    const own = as(copy.hostToken);
    const { items } = await own.sessions.participants.query({ code: copy.code });
    expect(items.map(({ role }) => role)).toEqual(['host']);
    expect(await own.questions.list.query({ code: copy.code })).toMatchObject({ items: [] });
    expect(await reasonFor(own.sessions.start.mutate({ code }))).toBe('SESSION_NOT_FOUND');
  });

  test('takes another title, is created once per idempotency key, and counts towards the limit', async () => {
    const { hostToken, code } = await create();
    const { duplicate } = as(hostToken).sessions;
    const input = { code, title: 'Week 2', idempotencyKey: randomUUID() };
    const first = await duplicate.mutate(input);
    expect(first).toMatchObject({ title: 'Week 2', status: 'draft' });
    expect(await duplicate.mutate(input)).toEqual(first);
    expect(await reasonFor(duplicate.mutate({ ...input, title: 'Week 3' }))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect(await reasonFor(duplicate.mutate({ code }))).toBe('none');
    expect(await reasonFor(duplicate.mutate({ code }))).toBe('HOST_SESSION_LIMIT');
  });
});

describe('the times of a session', () => {
  test('say when it started, ended and expires', async () => {
    const { hostToken, code, ...draft } = await create();
    expect(draft).toMatchObject({ startedAt: null, endedAt: null });
    const day = Date.parse(draft.expiresAt) - Date.parse(draft.createdAt);
    expect(day).toBe(24 * 3_600_000);
    const { sessions } = as(hostToken);
    const started = await sessions.start.mutate({ code });
    expect(started).toMatchObject({ startedAt: expect.any(String), endedAt: null });
    const ended = await sessions.end.mutate({ code });
    expect(ended).toMatchObject({ startedAt: started.startedAt, endedAt: expect.any(String) });
    expect(await sessions.get.query({ code })).toEqual(ended);
  });

  test('name the expiry as the end of an expired session', async () => {
    const host = `Ada ${randomUUID()}`;
    const { hostToken, code } = await create(host);
    await expireSessions(database.db, host);
    const session = await as(hostToken).sessions.get.query({ code });
    expect(session).toMatchObject({ status: 'ended', endedAt: session.expiresAt });
  });
});

test('invalid input is refused with the errors of each field', async () => {
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
    },
  });
});
