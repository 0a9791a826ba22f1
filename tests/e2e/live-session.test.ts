import { liveSession, type LiveSession, type LiveSnapshot } from '@classroom/client';
import { insertQuestions } from '@classroom/db/testing';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import {
  clientOf,
  createSession,
  plainClientOf,
  reasonFor,
  repeatUnavailable,
  useApi,
} from '../src/client.ts';
import { LIVE_LISTENERS, scrape } from '../src/metrics.ts';
import { startTcpProxy } from '../src/proxies.ts';

const { database, api, as } = await useApi({ RATE_LIMITS: 'on' });
const proxy = await startTcpProxy(api.url);
afterAll(() => proxy[Symbol.asyncDispose]());

/** Listens until the end of the test. */
function watch(token: string, code: string, server: { url: string } = api) {
  const client = plainClientOf(server, token);
  const live = liveSession(client, { code });
  let notified = 0;
  const stop = live.subscribe(() => void (notified += 1));
  onTestFinished(stop);
  return { live, calls: repeatUnavailable(client), stop, notified: () => notified };
}

async function openClassroom() {
  const { code, hostToken } = await createSession(api);
  const join = async (displayName: string) =>
    (await as().sessions.join.mutate({ code, displayName })).participantToken;
  return { code, hostToken, host: as(hostToken), join };
}

const expectState = (live: LiveSession) => expect.poll(() => live.getSnapshot());
const bodiesOf = ({ questions }: LiveSnapshot) => questions.map(({ body }) => body);

test('a live session shows the session, the caller, and the questions in order with votes', async () => {
  const { code, host, join } = await openClassroom();
  const { live, calls } = watch(await join('Ben'), code);
  expect(live.getSnapshot()).toMatchObject({ connection: 'connecting', session: null, me: null });
  await expectState(live).toMatchObject({
    connection: 'open',
    reason: undefined,
    session: { code, status: 'draft' },
    me: { participant: { displayName: 'Ben' }, pendingQuestions: { used: 0 } },
    questions: [],
    listening: 1,
    participants: 1,
  });
  const ids: number[] = [];
  for (const body of ['One?', 'Two?', 'Three?']) {
    ids.push((await calls.questions.submit.mutate({ code, body })).id);
  }
  const [one = 0, two = 0, three = 0] = ids;
  await expectState(live).toMatchObject({
    me: { pendingQuestions: { used: 3 } },
    questions: [{ id: one, mine: true }, { id: two }, { id: three }],
  });
  await calls.questions.vote.mutate({ questionId: three, on: true });
  await host.questions.vote.mutate({ questionId: two, on: true });
  await host.questions.pin.mutate({ questionId: two, on: true });
  await host.questions.setStatus.mutate({ questionId: one, status: 'hidden' });
  await host.sessions.start.mutate({ code });
  await expectState(live).toMatchObject({
    session: { status: 'active' },
    me: { session: { status: 'active' }, pendingQuestions: { used: 2 } },
    questions: [
      { id: two, pinned: true, votes: 1, voted: false },
      { id: three, votes: 1, voted: true },
    ],
  });
  await calls.questions.vote.mutate({ questionId: three, on: false });
  expect(live.getSnapshot().questions[1]).toMatchObject({ id: three, voted: false });
});

test('a live session shows own waiting questions in order, and counts them as used', async () => {
  const { code, host, join } = await openClassroom();
  await host.sessions.configure.mutate({ code, moderated: true });
  const { live, calls } = watch(await join('Ben'), code);
  const other = watch(await join('Cleo'), code);
  for (const each of [live, other.live]) await expectState(each).toMatchObject({ questions: [] });
  const { id } = await calls.questions.submit.mutate({ code, body: 'One?' });
  const { id: hidden } = await calls.questions.submit.mutate({ code, body: 'Two?' });
  const { id: foreign } = await other.calls.questions.submit.mutate({ code, body: 'Three?' });
  await expectState(live).toMatchObject({
    session: { moderated: true },
    me: { pendingQuestions: { used: 2 } },
    questions: [
      { id, status: 'waiting', mine: true },
      { id: hidden, status: 'waiting', mine: true },
    ],
  });
  await expectState(other.live).toMatchObject({ questions: [{ id: foreign, status: 'waiting' }] });
  await host.questions.setStatus.mutate({ questionId: foreign, status: 'pending' });
  await host.questions.setStatus.mutate({ questionId: hidden, status: 'hidden' });
  await host.questions.setStatus.mutate({ questionId: id, status: 'pending' });
  await expectState(live).toMatchObject({
    me: { pendingQuestions: { used: 1 } },
    questions: [
      { id, status: 'pending', mine: true },
      { id: foreign, mine: false },
    ],
  });
  await expectState(other.live).toMatchObject({ questions: [{ id }, { id: foreign, mine: true }] });
});

test('a snapshot is the same object until the state changes', async () => {
  const { code, hostToken } = await createSession(api);
  const { live, notified } = watch(hostToken, code);
  await expectState(live).toMatchObject({
    connection: 'open',
    me: { participant: {} },
    listening: 1,
  });
  const before = live.getSnapshot();
  const count = notified();
  expect(live.getSnapshot()).toBe(before);
  await as(hostToken).sessions.start.mutate({ code });
  await expectState(live).not.toBe(before);
  await expect.poll(notified).toBeGreaterThan(count);
  expect(live.getSnapshot().questions).toBe(before.questions);
});

test('a live session loads all questions of a large session', async () => {
  const { code, hostToken } = await createSession(api);
  await insertQuestions(database.db, { code, status: 'answered', count: 730 });
  const { live } = watch(hostToken, code);
  await expect.poll(() => live.getSnapshot().questions.length).toBe(730);
  const ids = live.getSnapshot().questions.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
});

test('a question that is shown again has the vote that the caller once gave', async () => {
  const { code, host, join } = await openClassroom();
  const { id: questionId } = await host.questions.submit.mutate({ code, body: 'Why?' });
  const token = await join('Ben');
  await as(token).questions.vote.mutate({ questionId, on: true });
  await host.questions.setStatus.mutate({ questionId, status: 'hidden' });
  const { live } = watch(token, code);
  await expectState(live).toMatchObject({ connection: 'open', questions: [] });
  await host.questions.setStatus.mutate({ questionId, status: 'pending' });
  await expectState(live).toMatchObject({ questions: [{ id: questionId, votes: 1, voted: true }] });
});

test('a live session that loses its connection reconnects and misses nothing', async () => {
  const { code, hostToken } = await createSession(api);
  const { live } = watch(hostToken, code, proxy);
  const connections: string[] = [];
  onTestFinished(live.subscribe(() => void connections.push(live.getSnapshot().connection)));
  await expectState(live).toMatchObject({ me: { participant: {} }, listening: 1 });
  proxy.loseResponses(1);
  await as(hostToken).questions.submit.mutate({ code, body: 'Why?' });
  await expectState(live).toMatchObject({ connection: 'open', questions: [{ body: 'Why?' }] });
  expect(connections).toContain('reconnecting');
  expect(connections).not.toContain('failed');
});

test('the end of the session is the state ended', async () => {
  const { code, hostToken } = await createSession(api);
  const { live } = watch(hostToken, code);
  await expectState(live).toMatchObject({ connection: 'open' });
  await as(hostToken).sessions.end.mutate({ code });
  await expectState(live).toMatchObject({ connection: 'ended', session: { status: 'ended' } });
});

test('a refused or removed listener is in the state failed with the reason', async () => {
  const { code, host, join } = await openClassroom();
  const token = await join('Ben');
  await expectState(watch(token, 'ZZZZZZ').live).toMatchObject({
    connection: 'failed',
    reason: 'SESSION_NOT_FOUND',
  });
  const removed = watch(token, code).live;
  await expectState(removed).toMatchObject({ connection: 'open', me: { participant: {} } });
  const participantId = removed.getSnapshot().me?.participant.id ?? 0;
  await host.sessions.removeParticipant.mutate({ code, participantId });
  await expectState(removed).toMatchObject({ connection: 'failed', reason: 'UNAUTHENTICATED' });
});

test('a ninth stream of one token puts the first in the state failed with RATE_LIMITED', async () => {
  const { code, hostToken } = await createSession(api);
  const first = watch(hostToken, code).live;
  await expectState(first).toMatchObject({ connection: 'open' });
  for (const _ of Array.from({ length: 8 })) {
    await expectState(watch(hostToken, code).live).toMatchObject({ connection: 'open' });
  }
  await expectState(first).toMatchObject({ connection: 'failed', reason: 'RATE_LIMITED' });
});

test('components that mount, unmount and mount again share one stream, which the last one closes', async () => {
  const { code, hostToken } = await createSession(api);
  const listening = async () => (await scrape(api.url))(LIVE_LISTENERS);
  await expect.poll(listening).toBe(0);
  const client = plainClientOf(api, hostToken);
  const live = liveSession(client, { code });
  const connections: string[] = [];
  const listen = () => live.subscribe(() => void connections.push(live.getSnapshot().connection));
  listen()();
  const stops = [listen(), listen()];
  await expectState(live).toMatchObject({ connection: 'open', listening: 1 });
  for (const stop of stops) stop();
  const stop = listen();
  await expectState(live).toMatchObject({ connection: 'open', me: { participant: {} } });
  expect(await listening()).toBe(1);
  stop();
  await expect.poll(listening).toBe(0);

  await clientOf(api, hostToken).questions.submit.mutate({ code, body: 'Why?' });
  onTestFinished(listen());
  await expect.poll(() => bodiesOf(live.getSnapshot())).toEqual(['Why?']);
});

test('a vote that fails changes nothing', async () => {
  const { code, host, join } = await openClassroom();
  const { id: questionId } = await host.questions.submit.mutate({ code, body: 'Why?' });
  const { live, calls } = watch(await join('Ben'), code);
  await expectState(live).toMatchObject({ questions: [{ id: questionId }] });
  await host.sessions.end.mutate({ code });
  const vote = calls.questions.vote.mutate({ questionId, on: true });
  expect(await reasonFor(vote)).toBe('SESSION_ENDED');
  expect(live.getSnapshot().questions).toMatchObject([{ voted: false, votes: 0 }]);
});
