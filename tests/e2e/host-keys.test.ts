import { randomUUID } from 'node:crypto';
import { countSessions } from '@classroom/db/testing';
import { startApi } from '@classroom/api/start';
import { afterAll, describe, expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { clientOf, countReasons, reasonFor, sessionInput, useApi } from '../src/client.ts';

const env = { LOG_LEVEL: 'warn' };
const { database, api, as } = await useApi(env);
const other = await startApi({ ...env, DATABASE_URL: database.url });
afterAll(() => other[Symbol.asyncDispose]());

const createKey = async () => (await as().hosts.createKey.mutate({})).hostKey;
/** The input of a session, with the idempotency key for calls that a busy server refuses at first. */
const keyed = (input = sessionInput()) => ({ ...input, idempotencyKey: randomUUID() });

describe('the slots of a host key', () => {
  test('are free for 100 keys while 100 squatters create sessions under the same name', async () => {
    const input = sessionInput();
    const keys = await Promise.all(Array.from({ length: 100 }, createKey));
    const [squatters, owners] = await Promise.all([
      countReasons(keys.map(() => as().sessions.create.mutate(keyed(input)))),
      countReasons(keys.map((key) => as(key).sessions.create.mutate(keyed(input)))),
    ]);
    expect(squatters).toEqual({ none: 3, HOST_SESSION_LIMIT: 97 });
    expect(owners).toEqual({ none: 100 });
    expect(await countSessions(database.db, input.hostDisplayName)).toEqual({
      all: 103,
      open: 103,
    });
  });

  test('admit three of 200 parallel creates through two processes', async () => {
    for (let run = 0; run < sized(1, 20); run += 1) {
      const key = await createKey();
      const input = sessionInput();
      const clients = [as(key), clientOf(other, key)];
      const calls = Array.from({ length: 100 }, () =>
        clients.map(({ sessions }) => sessions.create.mutate(keyed(input))),
      );
      expect(await countReasons(calls.flat())).toEqual({ none: 3, HOST_SESSION_LIMIT: 197 });
      const { items } = await as(key).hosts.sessions.query({});
      expect(items).toHaveLength(3);
    }
  });

  test('count duplicates, which belong to the key of their source', async () => {
    const key = await createKey();
    const { code, hostToken } = await as(key).sessions.create.mutate(sessionInput());
    const host = as(hostToken).sessions;
    const copy = await host.duplicate.mutate({ code });
    await host.duplicate.mutate({ code });
    expect(await reasonFor(host.duplicate.mutate({ code }))).toBe('HOST_SESSION_LIMIT');
    expect(await as(key).hosts.enter.mutate({ code: copy.code })).toMatchObject({
      session: { code: copy.code },
    });
  });
});

describe('a new browser with the host key', () => {
  test('is back in control of an open session after one call', async () => {
    const key = await createKey();
    const { code, hostToken } = await as(key).sessions.create.mutate(sessionInput());
    const entered = await clientOf(other, key).hosts.enter.mutate({ code });
    expect(entered.session).toMatchObject({ code, status: 'draft' });
    const { sessions } = clientOf(other, entered.hostToken);
    expect(await sessions.start.mutate({ code })).toMatchObject({ status: 'active' });
    expect(await sessions.me.query({ code })).toMatchObject({ participant: { role: 'host' } });
    expect(await as(hostToken).sessions.end.mutate({ code })).toMatchObject({ status: 'ended' });
  });

  test('exports and deletes an ended session', async () => {
    const key = await createKey();
    const { code, hostToken } = await as(key).sessions.create.mutate(sessionInput());
    await as(hostToken).sessions.end.mutate({ code });
    const entered = await as(key).hosts.enter.mutate({ code });
    const { sessions } = as(entered.hostToken);
    expect(await sessions.export.query({ code })).toMatchObject({ session: { code } });
    expect(await sessions.delete.mutate({ code })).toEqual({ code });
    expect(await as(key).hosts.sessions.query({})).toEqual({ items: [], nextCursor: null });
  });

  test('lists the sessions of the key page by page, newest first, however it types the key', async () => {
    const key = await createKey();
    const codes: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { code, hostToken } = await as(key).sessions.create.mutate(sessionInput());
      if (n < 2) await as(hostToken).sessions.end.mutate({ code });
      codes.unshift(code);
    }
    const { hosts } = as(key.toLowerCase().replaceAll('-', '').replaceAll('0', 'o'));
    const first = await hosts.sessions.query({ limit: 3 });
    expect(first.items.map(({ code }) => code)).toEqual(codes.slice(0, 3));
    const second = await hosts.sessions.query({ limit: 3, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({
      items: [{ code: codes[3], status: 'ended' }],
      nextCursor: null,
    });
  });

  test('enters no session of others', async () => {
    const key = await createKey();
    const foreign = await as(await createKey()).sessions.create.mutate(sessionInput());
    const nameless = await as().sessions.create.mutate(sessionInput());
    const enter = (code: string) => reasonFor(as(key).hosts.enter.mutate({ code }));
    expect(await enter('22222')).toBe('SESSION_NOT_FOUND');
    for (const { code, hostToken } of [foreign, nameless]) {
      expect(await enter(code)).toBe('FORBIDDEN');
      await as(hostToken).sessions.end.mutate({ code });
      expect(await enter(code)).toBe('SESSION_NOT_FOUND');
    }
  });
});

describe('creating a session', () => {
  test('with a mistyped or forgotten key, or a key with spaces, never creates one without a key', async () => {
    const key = await createKey();
    const last = key.endsWith('0') ? '1' : '0';
    const input = sessionInput();
    for (const wrong of [key.slice(0, -1), key.slice(0, -1) + last, `${key}0`]) {
      expect(await reasonFor(as(wrong).sessions.create.mutate(input))).toBe('UNAUTHENTICATED');
    }
    const spaced = await as(key.replaceAll('-', ' ')).sessions.create.mutate(input);
    expect((await as(key).hosts.sessions.query({})).items).toMatchObject([{ id: spaced.id }]);
    await as(key).hosts.forget.mutate();
    expect(await reasonFor(as(key).sessions.create.mutate(input))).toBe('UNAUTHENTICATED');
    expect(await countSessions(database.db, input.hostDisplayName)).toEqual({ all: 1, open: 1 });
  });

  test('with a token of a session creates one without a key', async () => {
    const { hostToken } = await as().sessions.create.mutate(sessionInput());
    expect(await reasonFor(as(hostToken).sessions.create.mutate(sessionInput()))).toBe('none');
  });

  test('is replayed with the same key only, after a rotation with the new one', async () => {
    const key = await createKey();
    const input = keyed();
    const { hosts, sessions } = as(key);
    const created = await sessions.create.mutate(input);
    expect(await sessions.create.mutate(input)).toEqual(created);
    for (const wrong of [undefined, await createKey()]) {
      const replay = as(wrong).sessions.create.mutate(input);
      expect(await reasonFor(replay)).toBe('IDEMPOTENCY_KEY_REUSED');
    }
    const { hostKey } = await hosts.rotateKey.mutate({});
    expect(await as(hostKey).sessions.create.mutate(input)).toEqual(created);
    expect(await reasonFor(sessions.create.mutate(input))).toBe('UNAUTHENTICATED');
  });
});

describe('a host key', () => {
  test('is created once per idempotency key, until its rotation', async () => {
    const input = { idempotencyKey: randomUUID() };
    const { createKey: create } = as().hosts;
    const { hostKey } = await create.mutate(input);
    expect(hostKey).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(await create.mutate(input)).toEqual({ hostKey });
    await as(hostKey).hosts.rotateKey.mutate({});
    expect(await reasonFor(create.mutate(input))).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('is invalid after its rotation, while its sessions and their tokens stay', async () => {
    const key = await createKey();
    const { code, hostToken } = await as(key).sessions.create.mutate(sessionInput());
    const input = { idempotencyKey: randomUUID() };
    const { hostKey } = await as(key).hosts.rotateKey.mutate(input);
    for (const known of [key, hostKey]) {
      expect(await clientOf(other, known).hosts.rotateKey.mutate(input)).toEqual({ hostKey });
    }
    expect(await reasonFor(as(key).hosts.sessions.query({}))).toBe('UNAUTHENTICATED');
    expect(await reasonFor(as(key).hosts.rotateKey.mutate(keyed()))).toBe('UNAUTHENTICATED');
    expect((await as(hostKey).hosts.sessions.query({})).items).toMatchObject([{ code }]);
    expect(await reasonFor(as(hostToken).sessions.start.mutate({ code }))).toBe('none');
  });

  test('is rotated once by parallel calls through two processes', async () => {
    const key = await createKey();
    const rotations = [as(key), clientOf(other, key)].flatMap(({ hosts }) =>
      Array.from({ length: 5 }, () => hosts.rotateKey.mutate({ idempotencyKey: randomUUID() })),
    );
    expect(await countReasons(rotations)).toEqual({ none: 1, UNAUTHENTICATED: 9 });
  });

  test('is unknown once it is forgotten, while its sessions and their tokens stay', async () => {
    const key = await createKey();
    const { code, hostToken } = await as(key).sessions.create.mutate(sessionInput());
    const { hosts } = as(key);
    expect(await hosts.forget.mutate()).toEqual({ forgotten: true });
    for (const refused of [
      () => hosts.forget.mutate(),
      () => hosts.sessions.query({}),
      () => hosts.enter.mutate({ code }),
      () => hosts.rotateKey.mutate({}),
    ]) {
      expect(await reasonFor(refused())).toBe('UNAUTHENTICATED');
    }
    expect(await reasonFor(as(hostToken).sessions.end.mutate({ code }))).toBe('none');
  });

  test('and the entering of sessions count as creations of the address', async () => {
    await using limited = await startApi({
      DATABASE_URL: database.url,
      LOG_LEVEL: 'warn',
      RATE_LIMITS: 'on',
    });
    const { hosts, sessions } = clientOf(limited, await createKey());
    const { code } = await sessions.create.mutate(sessionInput());
    for (let n = 0; n < 15; n += 1) {
      const calls = Array.from({ length: 10 }, () => [
        hosts.createKey.mutate({}),
        hosts.enter.mutate({ code }),
      ]);
      await countReasons(calls.flat());
    }
    expect(await reasonFor(hosts.enter.mutate({ code }))).toBe('RATE_LIMITED');
    expect(await reasonFor(hosts.createKey.mutate({}))).toBe('RATE_LIMITED');
    expect(await reasonFor(hosts.sessions.query({}))).toBe('none');
  });
});

test('the two processes have reported no defect', () => {
  for (const { output } of [api, other]) expect(output()).not.toContain('"level":50');
});
