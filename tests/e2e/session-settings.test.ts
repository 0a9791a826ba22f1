import { randomUUID } from 'node:crypto';
import { expireSessions } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { reasonFor, sessionInput, useApi } from '../src/client.ts';

const { database, as } = await useApi();
const anyone = as();
const create = (hostDisplayName = `Ada ${randomUUID()}`) =>
  anyone.sessions.create.mutate({ ...sessionInput(), hostDisplayName });

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
    expect(await configure.mutate({ code, moderated: true })).toEqual({
      ...session,
      title: 'Part 2',
      joining: 'closed',
      moderated: true,
    });
    expect(await configure.mutate({ code, joining: 'open' })).toMatchObject({ moderated: true });
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
    await configure.mutate({ code, title: 'Another', joining: 'closed', moderated: true });
    await extend.mutate({ code });
    expect(await anyone.sessions.create.mutate(input)).toEqual(first);
    await configure.mutate({ code, moderated: false });
    const moderated = anyone.sessions.create.mutate({ ...input, moderated: true });
    expect(await reasonFor(moderated)).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});

describe('a duplicate of a session', () => {
  test('is a draft of the same host with the same settings, and without people and questions', async () => {
    const { hostToken, code } = await create();
    const host = as(hostToken);
    await anyone.sessions.join.mutate({ code, displayName: 'Ben' });
    await host.questions.submit.mutate({ code, body: 'Why?' });
    const settings = { joining: 'closed', moderated: true } as const;
    const source = await host.sessions.configure.mutate({ code, ...settings });
    await host.sessions.end.mutate({ code });
    const copy = await host.sessions.duplicate.mutate({ code });
    expect(copy).toMatchObject({ title: source.title, host: source.host, ...settings });
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
    const other = await create();
    const foreign = as(other.hostToken).sessions.duplicate.mutate({ ...input, code: other.code });
    expect(await reasonFor(foreign)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await reasonFor(duplicate.mutate({ code }))).toBe('none');
    expect(await reasonFor(duplicate.mutate({ code }))).toBe('HOST_SESSION_LIMIT');
  });
});

test('a replayed duplication returns the first response after its source has changed', async () => {
  const { hostToken, code } = await create();
  const { configure, duplicate } = as(hostToken).sessions;
  const input = { code, idempotencyKey: randomUUID() };
  const first = await duplicate.mutate(input);
  await configure.mutate({ code, title: 'Another', joining: 'closed', moderated: true });
  await as(first.hostToken).sessions.configure.mutate({ code: first.code, moderated: true });
  expect(await duplicate.mutate(input)).toEqual(first);
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
    expect(await reasonFor(sessions.configure.mutate({ code, joining: 'open' }))).toBe(
      'SESSION_ENDED',
    );
  });

  test('name the expiry as the end of an expired session', async () => {
    const host = `Ada ${randomUUID()}`;
    const { hostToken, code } = await create(host);
    await expireSessions(database.db, host);
    const session = await as(hostToken).sessions.get.query({ code });
    expect(session).toMatchObject({ status: 'ended', endedAt: session.expiresAt });
  });
});
