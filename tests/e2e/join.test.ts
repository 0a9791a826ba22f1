import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { reasonFor, sessionInput, useApi } from '../src/client.ts';

const { as } = await useApi();
const anyone = as();

const create = () => anyone.sessions.create.mutate(sessionInput());
const join = (code: string, displayName: string) =>
  anyone.sessions.join.mutate({ code, displayName });

test('a student joins by code and name, in any spelling of the code', async () => {
  const { hostToken: _, ...session } = await create();
  const joined = await join(` ${session.code.toLowerCase()} `, '  Ben ');
  expect(joined).toEqual({
    session,
    participant: {
      id: expect.any(Number),
      displayName: 'Ben',
      role: 'participant',
      joinedAt: expect.stringMatching(/Z$/),
    },
    participantToken: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('a name is taken once per session, and free in other sessions', async () => {
  const [one, other] = [await create(), await create()];
  await join(one.code, 'Ben');
  expect(await reasonFor(join(one.code, 'Ben'))).toBe('NAME_TAKEN');
  expect(await reasonFor(join(one.code, one.host.displayName))).toBe('NAME_TAKEN');
  expect(await reasonFor(join(other.code, 'Ben'))).toBe('none');
});

test('a join with the token of a participant returns that participant', async () => {
  const { code, hostToken, host } = await create();
  const first = await join(code, 'Ben');
  const input = { code, displayName: 'Ben' };
  expect(await as(first.participantToken).sessions.join.mutate(input)).toEqual(first);
  expect(await reasonFor(as(hostToken).sessions.join.mutate(input))).toBe('NAME_TAKEN');
  const asHost = { code, displayName: host.displayName };
  expect(await as(hostToken).sessions.join.mutate(asHost)).toMatchObject({
    participant: { role: 'host' },
    participantToken: hostToken,
  });
});

test('twenty joins with one idempotency key create one participant', async () => {
  const { code, hostToken } = await create();
  const input = { code, displayName: 'Ben', idempotencyKey: randomUUID() };
  const joined = await Promise.all(
    Array.from({ length: 20 }, () => anyone.sessions.join.mutate(input)),
  );
  for (const each of joined) expect(each).toEqual(joined[0]);
  await as(hostToken).sessions.start.mutate({ code });
  expect(await anyone.sessions.join.mutate(input)).toEqual(joined[0]);
  const other = { ...input, displayName: 'Cleo' };
  expect(await reasonFor(anyone.sessions.join.mutate(other))).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('draft and active sessions can be joined, and only participants find an ended session', async () => {
  const { code, hostToken } = await create();
  const { participantToken } = await join(code, 'Ben');
  await as(hostToken).sessions.start.mutate({ code });
  expect(await reasonFor(join(code, 'Cleo'))).toBe('none');
  await as(hostToken).sessions.end.mutate({ code });

  expect(await reasonFor(join(code, 'Dan'))).toBe('SESSION_NOT_FOUND');
  expect(await reasonFor(join('AAAAAA', 'Dan'))).toBe('SESSION_NOT_FOUND');
  const again = as(participantToken).sessions;
  expect(await reasonFor(again.join.mutate({ code, displayName: 'Ben' }))).toBe('SESSION_ENDED');
  expect(await again.get.query({ code })).toMatchObject({ status: 'ended' });
});

test('the pages of participants list the host first, then the others by time of joining', async () => {
  const { code, hostToken, host } = await create();
  const names = ['Ben', 'Cleo', 'Dan', 'Eve', 'Finn'];
  for (const name of names) await join(code, name);
  const { participants } = as(hostToken).sessions;

  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await participants.query({ code, limit: 2, ...(cursor && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(({ displayName }) => displayName));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([host.displayName, ...names]);

  const { participantToken } = await join(code, 'Gus');
  const whole = await as(participantToken).sessions.participants.query({ code });
  expect(whole.items.map(({ role }) => role)).toEqual(['host', ...Array(6).fill('participant')]);
  expect(whole.nextCursor).toBeNull();
});

test('only participants of the session list its participants', async () => {
  const { code } = await create();
  const foreign = await create();
  expect(await reasonFor(anyone.sessions.participants.query({ code }))).toBe('UNAUTHENTICATED');
  expect(await reasonFor(as('unknown').sessions.participants.query({ code }))).toBe(
    'UNAUTHENTICATED',
  );
  const { participants } = as(foreign.hostToken).sessions;
  expect(await reasonFor(participants.query({ code }))).toBe('FORBIDDEN');
  for (const bad of [{ limit: 0 }, { limit: 101 }, { cursor: 'x' }]) {
    expect(await reasonFor(participants.query({ code, ...bad }))).toBe('INVALID_INPUT');
  }
});

test('a participant cannot start, extend or end the session', async () => {
  const { code } = await create();
  const { participantToken } = await join(code, 'Ben');
  const { start, extend, end } = as(participantToken).sessions;
  for (const procedure of [start, extend, end]) {
    expect(await reasonFor(procedure.mutate({ code }))).toBe('FORBIDDEN');
  }
});
