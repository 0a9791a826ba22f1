import { expireSessions, useTestDatabase } from '@classroom/db/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { clientOf, createSession } from '../src/client.ts';
import { subscribe } from '../src/subscribe.ts';
import { startApi } from '@classroom/api/start';

const database = await useTestDatabase();
const env = { DATABASE_URL: database.url };
const apis = [await startApi(env), await startApi(env)] as const;
/** A client of the first or the second process. */
const as = (token?: string, process: 0 | 1 = 0) => clientOf(apis[process], token);
afterAll(async () => {
  for (const api of apis) await api[Symbol.asyncDispose]();
});

async function open() {
  const { code, hostToken, host } = await createSession(apis[0]);
  const join = (displayName: string) => as().sessions.join.mutate({ code, displayName });
  return { code, hostToken, host, join };
}
const ask = (token: string, code: string, body: string) =>
  as(token).questions.submit.mutate({ code, body });

describe('a subscriber', () => {
  test('receives a snapshot, then every change in order, through any process', async () => {
    const { code, hostToken, join } = await open();
    const ben = await join('Ben');
    const before = await ask(ben.participantToken, code, 'Why?');
    using subscription = await subscribe(as(hostToken, 1), code);
    await expect.poll(() => subscription.changes()).toHaveLength(1);
    expect(subscription.changes()[0]?.data).toEqual({
      type: 'snapshot',
      session: expect.objectContaining({ code, status: 'draft' }),
      questions: [{ ...before, mine: false }],
    });

    await as(hostToken).sessions.start.mutate({ code });
    const { voted: _, ...asked } = await ask(ben.participantToken, code, 'How?');
    await expect.poll(() => subscription.changes()).toHaveLength(3);
    expect(subscription.changes().slice(1)).toMatchObject([
      { data: { type: 'session', session: { status: 'active' } } },
      { data: { type: 'question', question: { ...asked, mine: false } } },
    ]);
    const ids = subscription.changes().map(({ id }) => Number(id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('receives votes, pins and withdrawals; only the host receives hidden questions', async () => {
    const { code, hostToken, join } = await open();
    const [ben, cleo] = [await join('Ben'), await join('Cleo')];
    using host = await subscribe(as(hostToken), code);
    using student = await subscribe(as(cleo.participantToken, 1), code);
    const last = (subscription: typeof host) => subscription.changes().at(-1)?.data;
    const { id: questionId } = await ask(ben.participantToken, code, 'Why?');

    await as(cleo.participantToken).questions.vote.mutate({ questionId, on: true });
    for (const subscription of [host, student]) {
      await expect.poll(() => last(subscription)).toMatchObject({ question: { votes: 1 } });
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

  test('that resumes from the last id receives the missed events once and in order', async () => {
    const { code, hostToken, join } = await open();
    const { participantToken } = await join('Ben');
    let id = '';
    {
      using subscription = await subscribe(as(hostToken), code);
      // A snapshot read later would contain the first question.
      await expect.poll(() => subscription.changes()).toHaveLength(1);
      await ask(participantToken, code, 'One?');
      await expect.poll(() => subscription.changes()).toHaveLength(2);
      id = subscription.changes().at(-1)?.id ?? '';
    }
    await ask(participantToken, code, 'Two?');
    await ask(participantToken, code, 'Three?');
    using again = await subscribe(as(hostToken, 1), code, id);
    await expect.poll(() => again.changes()).toHaveLength(2);
    await ask(hostToken, code, 'Four?');
    await expect.poll(() => again.changes()).toHaveLength(3);
    const bodies = again
      .changes()
      .map(({ data }) => data.type === 'question' && data.question.body);
    expect(bodies).toEqual(['Two?', 'Three?', 'Four?']);
  });

  test.each(['999999', 'nonsense'])(
    'that resumes from the unknown id %s receives a snapshot',
    async (id) => {
      const { code, hostToken } = await open();
      using subscription = await subscribe(as(hostToken), code, id);
      await expect
        .poll(() => subscription.changes())
        .toMatchObject([{ data: { type: 'snapshot' } }]);
    },
  );

  test('receives the open streams of all processes, and the participants that hold them', async () => {
    const { code, hostToken, join } = await open();
    const { participantToken } = await join('Ben');
    using one = await subscribe(as(hostToken), code);
    {
      using other = await subscribe(as(participantToken, 1), code);
      using tab = await subscribe(as(participantToken, 1), code);
      for (const { presence } of [one, other, tab]) {
        await expect.poll(presence).toEqual({ listening: 3, participants: 2 });
      }
    }
    await expect.poll(one.presence).toEqual({ listening: 1, participants: 1 });
  });

  test('receives the session when it is configured and extended', async () => {
    const { code, hostToken } = await open();
    using subscription = await subscribe(as(hostToken), code);
    await expect.poll(() => subscription.changes()).toHaveLength(1);
    const { sessions } = as(hostToken, 1);
    const configured = await sessions.configure.mutate({
      code,
      title: 'Part 2',
      joining: 'closed',
    });
    expect(configured).toMatchObject({ title: 'Part 2', joining: 'closed' });
    const latest = () => subscription.changes().at(-1)?.data;
    await expect.poll(latest).toEqual({ type: 'session', session: configured });
    const extended = await sessions.extend.mutate({ code });
    await expect.poll(latest).toEqual({ type: 'session', session: extended });
  });
});

test('subscribers receive the questions of a removed participant without an author', async () => {
  const { code, hostToken, join } = await open();
  const { participantToken, participant } = await join('Ben');
  await ask(participantToken, code, 'One?');
  await ask(participantToken, code, 'Two?');
  using subscription = await subscribe(as(hostToken, 1), code);
  await expect.poll(() => subscription.changes()).toHaveLength(1);
  await as(hostToken).sessions.removeParticipant.mutate({ code, participantId: participant.id });
  await expect.poll(() => subscription.changes()).toHaveLength(3);
  for (const { data } of subscription.changes().slice(1)) {
    expect(data).toMatchObject({ type: 'question', question: { author: null } });
  }
  expect(new Set(subscription.changes().map(({ id }) => id)).size).toBe(3);
});

describe('a subscription ends', () => {
  test('with the session, whose end is the last event', async () => {
    const { code, hostToken } = await open();
    using subscription = await subscribe(as(hostToken), code);
    await as(hostToken, 1).sessions.end.mutate({ code });
    await expect.poll(() => subscription.ended()).toBe('completed');
    expect(subscription.changes().at(-1)?.data).toMatchObject({ session: { status: 'ended' } });
    using late = await subscribe(as(hostToken), code);
    await expect.poll(() => late.ended()).toBe('completed');
    expect(late.changes()).toMatchObject([{ data: { session: { status: 'ended' } } }]);
  });

  test('for a subscriber that resumes after the session has expired', async () => {
    const { code, hostToken, host } = await open();
    using subscription = await subscribe(as(hostToken), code);
    await expect.poll(() => subscription.changes()).toHaveLength(1);
    await expireSessions(database.db, host.displayName);
    using again = await subscribe(as(hostToken), code, subscription.changes().at(-1)?.id);
    await expect.poll(() => again.ended()).toBe('completed');
    expect(again.changes()).toMatchObject([{ data: { session: { status: 'ended' } } }]);
  });

  test('when a sweep ends the expired session', async () => {
    const { code, hostToken, host } = await open();
    using subscription = await subscribe(as(hostToken), code);
    await expect.poll(() => subscription.changes()).toHaveLength(1);
    await expireSessions(database.db, host.displayName);
    await expect.poll(() => subscription.ended()).toBe('completed');
    expect(subscription.changes().at(-1)?.data).toMatchObject({ session: { status: 'ended' } });
  });

  test.each([false, true])('for a removed participant (blocked: %s)', async (block) => {
    const { code, hostToken, join } = await open();
    const { participantToken, participant } = await join('Ben');
    using subscription = await subscribe(as(participantToken, 1), code);
    using host = await subscribe(as(hostToken), code);
    await as(hostToken).sessions.removeParticipant.mutate({
      code,
      participantId: participant.id,
      block,
    });
    await expect.poll(() => subscription.ended()).toBe('UNAUTHENTICATED');
    expect(host.ended()).toBeUndefined();
  });

  test('for everyone when the session is deleted', async () => {
    const { code, hostToken, join } = await open();
    const { participantToken } = await join('Ben');
    using subscription = await subscribe(as(participantToken), code);
    await as(hostToken, 1).sessions.delete.mutate({ code });
    await expect.poll(() => subscription.ended()).toBeDefined();
    const last = subscription.changes().at(-1)?.data;
    // The session ends before its rows are deleted, and a poll in between reads the end.
    const hasReadEnd = last?.type === 'session' && last.session.status === 'ended';
    expect(subscription.ended()).toBe(hasReadEnd ? 'completed' : 'UNAUTHENTICATED');
  });
});

test('the client never puts the token into a URL', async () => {
  const { code, hostToken } = await open();
  const urls: string[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    urls.push(input instanceof Request ? input.url : String(input));
    return original(input, init);
  };
  try {
    using subscription = await subscribe(as(hostToken), code);
    await expect.poll(() => subscription.changes()).toHaveLength(1);
  } finally {
    globalThis.fetch = original;
  }
  expect(urls.some((url) => url.includes('sessions.events'))).toBe(true);
  expect(urls.join(' ')).not.toContain(hostToken);
});
