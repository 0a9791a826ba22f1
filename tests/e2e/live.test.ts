import { randomUUID } from 'node:crypto';
import { expireSessions, useTestDatabase } from '@classroom/db/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { hear } from '../src/hear.ts';
import { startApi } from '../src/start-api.ts';

const database = await useTestDatabase();
const env = { DATABASE_URL: database.url };
const apis = [await startApi(env), await startApi(env)] as const;
/** A client of the first or the second process. */
const as = (token?: string, process: 0 | 1 = 0) => clientOf(apis[process], token);
afterAll(async () => {
  for (const api of apis) await api[Symbol.asyncDispose]();
});

async function open() {
  const { code, hostToken, host } = await as().sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });
  const join = (displayName: string) => as().sessions.join.mutate({ code, displayName });
  return { code, hostToken, host, join };
}
const ask = (token: string, code: string, body: string) =>
  as(token).questions.submit.mutate({ code, body });

describe('whoever listens', () => {
  test('gets everything as it is, then what happens, in order, through any process', async () => {
    const { code, hostToken, join } = await open();
    const ben = await join('Ben');
    const before = await ask(ben.participantToken, code, 'Why?');
    using ear = await hear(as(hostToken, 1), code);
    await expect.poll(() => ear.changes()).toHaveLength(1);
    expect(ear.changes()[0]?.data).toEqual({
      type: 'snapshot',
      session: expect.objectContaining({ code, status: 'draft' }),
      questions: [before],
    });

    await as(hostToken).sessions.start.mutate({ code });
    const { voted: _, ...asked } = await ask(ben.participantToken, code, 'How?');
    await expect.poll(() => ear.changes()).toHaveLength(3);
    expect(ear.changes().slice(1)).toMatchObject([
      { data: { type: 'session', session: { status: 'active' } } },
      { data: { type: 'question', question: asked } },
    ]);
    const ids = ear.changes().map(({ id }) => Number(id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('hears votes, answers, pins and withdrawals, and the host alone what is hidden', async () => {
    const { code, hostToken, join } = await open();
    const [ben, cleo] = [await join('Ben'), await join('Cleo')];
    using host = await hear(as(hostToken), code);
    using student = await hear(as(cleo.participantToken, 1), code);
    const last = (ear: typeof host) => ear.changes().at(-1)?.data;
    const { id: questionId } = await ask(ben.participantToken, code, 'Why?');

    await as(cleo.participantToken).questions.vote.mutate({ questionId, on: true });
    for (const ear of [host, student]) {
      await expect.poll(() => last(ear)).toMatchObject({ question: { votes: 1 } });
    }
    await as(hostToken).questions.pin.mutate({ questionId, on: true });
    await expect.poll(() => last(student)).toMatchObject({ question: { pinned: true } });
    await as(hostToken).questions.setStatus.mutate({ questionId, status: 'hidden' });
    await expect.poll(() => last(host)).toMatchObject({ question: { status: 'hidden' } });
    await expect.poll(() => last(student)).toEqual({ type: 'questionRemoved', questionId });
    await as(hostToken).questions.setStatus.mutate({ questionId, status: 'pending' });
    await expect.poll(() => last(student)).toMatchObject({ question: { status: 'pending' } });
    await as(ben.participantToken).questions.withdraw.mutate({ questionId });
    await expect.poll(() => last(student)).toEqual({ type: 'questionRemoved', questionId });
  });

  test('and comes back with the last id gets what it missed, once and in order', async () => {
    const { code, hostToken, join } = await open();
    const { participantToken } = await join('Ben');
    let id = '';
    {
      using ear = await hear(as(hostToken), code);
      await ask(participantToken, code, 'One?');
      await expect.poll(() => ear.changes()).toHaveLength(2);
      id = ear.changes().at(-1)?.id ?? '';
    }
    await ask(participantToken, code, 'Two?');
    await ask(participantToken, code, 'Three?');
    using again = await hear(as(hostToken, 1), code, id);
    await expect.poll(() => again.changes()).toHaveLength(2);
    await ask(hostToken, code, 'Four?');
    await expect.poll(() => again.changes()).toHaveLength(3);
    const bodies = again
      .changes()
      .map(({ data }) => data.type === 'question' && data.question.body);
    expect(bodies).toEqual(['Two?', 'Three?', 'Four?']);
  });

  test.each(['999999', 'nonsense'])(
    'and comes with the id %s gets a fresh snapshot',
    async (id) => {
      const { code, hostToken } = await open();
      using ear = await hear(as(hostToken), code, id);
      await expect.poll(() => ear.changes()).toMatchObject([{ data: { type: 'snapshot' } }]);
    },
  );

  test('is told how many listen, in all processes together', async () => {
    const { code, hostToken, join } = await open();
    const { participantToken } = await join('Ben');
    const listening = (ear: typeof one) =>
      ear.heard.flatMap(({ data }) => (data.type === 'presence' ? [data.listening] : [])).at(-1);
    using one = await hear(as(hostToken), code);
    {
      using other = await hear(as(participantToken, 1), code);
      await expect.poll(() => listening(one), { timeout: 5_000 }).toBe(2);
      await expect.poll(() => listening(other), { timeout: 5_000 }).toBe(2);
    }
    await expect.poll(() => listening(one), { timeout: 5_000 }).toBe(1);
  });
});

test('who is removed is no longer named, by what they asked either', async () => {
  const { code, hostToken, join } = await open();
  const { participantToken, participant } = await join('Ben');
  await ask(participantToken, code, 'One?');
  await ask(participantToken, code, 'Two?');
  using ear = await hear(as(hostToken, 1), code);
  await expect.poll(() => ear.changes()).toHaveLength(1);
  await as(hostToken).sessions.removeParticipant.mutate({ code, participantId: participant.id });
  await expect.poll(() => ear.changes()).toHaveLength(3);
  for (const { data } of ear.changes().slice(1)) {
    expect(data).toMatchObject({ type: 'question', question: { author: null } });
  }
  expect(new Set(ear.changes().map(({ id }) => id)).size).toBe(3);
});

describe('it ends', () => {
  test('with the session, which is the last that is heard', async () => {
    const { code, hostToken } = await open();
    using ear = await hear(as(hostToken), code);
    await as(hostToken, 1).sessions.end.mutate({ code });
    await expect.poll(() => ear.ended()).toBe('completed');
    expect(ear.changes().at(-1)?.data).toMatchObject({ session: { status: 'ended' } });
    using late = await hear(as(hostToken), code);
    await expect.poll(() => late.ended()).toBe('completed');
    expect(late.changes()).toMatchObject([{ data: { session: { status: 'ended' } } }]);
  });

  test('with its time, before anybody sweeps, for those who come back too', async () => {
    const { code, hostToken, host } = await open();
    using ear = await hear(as(hostToken), code);
    await expect.poll(() => ear.changes()).toHaveLength(1);
    await expireSessions(database.db, host.displayName);
    using again = await hear(as(hostToken), code, ear.changes().at(-1)?.id);
    await expect.poll(() => again.ended()).toBe('completed');
    expect(again.changes()).toMatchObject([{ data: { session: { status: 'ended' } } }]);
  });

  test('when the session is past its time, as soon as somebody sweeps', async () => {
    const { code, hostToken, host } = await open();
    using ear = await hear(as(hostToken), code);
    await expect.poll(() => ear.changes()).toHaveLength(1);
    await expireSessions(database.db, host.displayName);
    await using _ = await startApi({ DATABASE_URL: database.url });
    await expect.poll(() => ear.ended(), { timeout: 5_000 }).toBe('completed');
    expect(ear.changes().at(-1)?.data).toMatchObject({ session: { status: 'ended' } });
  });

  test.each([false, true])('for who is removed (blocked: %s), at once', async (block) => {
    const { code, hostToken, join } = await open();
    const { participantToken, participant } = await join('Ben');
    using ear = await hear(as(participantToken, 1), code);
    using host = await hear(as(hostToken), code);
    await as(hostToken).sessions.removeParticipant.mutate({
      code,
      participantId: participant.id,
      block,
    });
    await expect.poll(() => ear.ended()).toBe('UNAUTHENTICATED');
    expect(host.ended()).toBeUndefined();
  });

  test('for everybody when the session is deleted', async () => {
    const { code, hostToken, join } = await open();
    const { participantToken } = await join('Ben');
    using ear = await hear(as(participantToken), code);
    await as(hostToken, 1).sessions.delete.mutate({ code });
    await expect.poll(() => ear.ended()).toBe('UNAUTHENTICATED');
  });
});

test('the token is in no URL', async () => {
  const { code, hostToken } = await open();
  const urls: string[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    urls.push(input instanceof Request ? input.url : String(input));
    return original(input, init);
  };
  try {
    using ear = await hear(as(hostToken), code);
    await expect.poll(() => ear.changes()).toHaveLength(1);
  } finally {
    globalThis.fetch = original;
  }
  expect(urls.some((url) => url.includes('sessions.events'))).toBe(true);
  expect(urls.join(' ')).not.toContain(hostToken);
});
