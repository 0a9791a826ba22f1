import { createTestDatabase } from '@classroom/db/testing';
import { startApi } from '@classroom/api/start';
import type { Client } from '@classroom/client';
import { expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { clientOf, createSession, reasonFor, sessionInput, useApi } from '../src/client.ts';
import { createRestCaller, fetchDocument } from '../src/rest-caller.ts';
import { subscribe } from '../src/subscribe.ts';

const { api, as } = await useApi();

async function openClassroom() {
  const input = { ...sessionInput(), moderated: true };
  const { code, hostToken } = await as().sessions.create.mutate(input);
  const join = async (displayName: string) => {
    const joined = await as().sessions.join.mutate({ code, displayName });
    return { client: as(joined.participantToken), id: joined.participant.id };
  };
  const [ben, cleo] = [await join('Ben'), await join('Cleo')];
  return { code, hostToken, host: as(hostToken), ben, cleo };
}

/** The events of questions, as pairs of type or status, and id. */
function questionEvents({ changes }: Awaited<ReturnType<typeof subscribe>>) {
  return changes().flatMap(({ data }) => {
    if (data.type === 'question') return [[data.question.status, data.question.id]];
    return data.type === 'questionRemoved' ? [['removed', data.questionId]] : [];
  });
}

test('a waiting question is seen by its author and the host, and by others once it is approved', async () => {
  const { code, host, ben, cleo } = await openClassroom();
  using forHost = await subscribe(host, code);
  using forBen = await subscribe(ben.client, code);
  using forCleo = await subscribe(cleo.client, code);
  for (const { changes } of [forHost, forBen, forCleo]) await expect.poll(changes).toHaveLength(1);

  const { questions } = ben.client;
  const asked = await questions.submit.mutate({ code, body: 'Why?', anonymous: true });
  expect(asked).toMatchObject({ status: 'waiting', mine: true });
  const { id: questionId } = asked;
  const waiting = [['waiting', questionId]];
  for (const feed of [forHost, forBen])
    await expect.poll(() => questionEvents(feed)).toEqual(waiting);
  const listedFor = async (client: Client) => (await client.questions.list.query({ code })).items;
  expect(await listedFor(ben.client)).toEqual([asked]);
  expect(await listedFor(host)).toEqual([{ ...asked, mine: false }]);
  expect(await listedFor(cleo.client)).toEqual([]);
  const exported = await host.sessions.export.query({ code });
  expect(exported.questions).toMatchObject([{ id: questionId, status: 'waiting', author: null }]);
  const snapshots = [];
  for (const client of [ben.client, host, cleo.client]) {
    using feed = await subscribe(client, code);
    await expect.poll(feed.changes).toHaveLength(1);
    const data = feed.changes()[0]?.data;
    snapshots.push(data?.type === 'snapshot' ? data.questions.map(({ mine }) => mine) : undefined);
  }
  expect(snapshots).toEqual([[true], [false], []]);

  const attempts = [
    cleo.client.questions.vote.mutate({ questionId, on: true }),
    cleo.client.questions.withdraw.mutate({ questionId }),
    cleo.client.questions.pin.mutate({ questionId, on: true }),
    cleo.client.questions.setStatus.mutate({ questionId, status: 'pending' }),
    cleo.client.questions.muteAuthor.mutate({ questionId, muted: true }),
  ];
  expect(await Promise.all(attempts.map(reasonFor))).toEqual(
    attempts.map(() => 'QUESTION_NOT_FOUND'),
  );
  expect(await questions.vote.mutate({ questionId, on: true })).toMatchObject({ votes: 1 });
  expect(await host.questions.pin.mutate({ questionId, on: true })).toMatchObject({ pinned: true });
  const approved = { status: 'pending', votes: 1, pinned: true, mine: false };
  const approval = { questionId, status: 'pending' } as const;
  expect(await host.questions.setStatus.mutate(approval)).toMatchObject(approved);
  await expect.poll(() => questionEvents(forCleo)).toEqual([['pending', questionId]]);
  await expect.poll(() => questionEvents(forBen).at(-1)).toEqual(['pending', questionId]);
  expect(await listedFor(cleo.client)).toMatchObject([approved]);
});

test('a question that is hidden or withdrawn without approval causes no event for others', async () => {
  const { code, host, ben, cleo } = await openClassroom();
  using forHost = await subscribe(host, code);
  using forBen = await subscribe(ben.client, code);
  using forCleo = await subscribe(cleo.client, code);
  for (const { changes } of [forHost, forBen, forCleo]) await expect.poll(changes).toHaveLength(1);
  const submit = async () => (await ben.client.questions.submit.mutate({ code, body: 'Why?' })).id;
  const [hidden, withdrawn, answered] = [await submit(), await submit(), await submit()];
  await host.questions.setStatus.mutate({ questionId: hidden, status: 'hidden' });
  await ben.client.questions.withdraw.mutate({ questionId: withdrawn });
  await host.questions.setStatus.mutate({ questionId: answered, status: 'answered' });
  for (const feed of [forHost, forBen, forCleo]) {
    await expect.poll(() => questionEvents(feed).at(-1)).toEqual(['answered', answered]);
  }
  expect(questionEvents(forCleo)).toEqual([['answered', answered]]);
  expect(questionEvents(forBen)).toContainEqual(['removed', hidden]);
  expect(questionEvents(forBen)).toContainEqual(['removed', withdrawn]);
  expect(questionEvents(forHost)).toContainEqual(['hidden', hidden]);
  // A resumed stream reads the changes since its last event.
  using resumed = await subscribe(cleo.client, code, '0');
  await expect.poll(() => questionEvents(resumed)).toEqual([['answered', answered]]);
});

test('a muted author asks nothing, and is muted over REST without being named', async () => {
  const { code, hostToken, host, ben } = await openClassroom();
  const call = createRestCaller(api.url, await fetchDocument(api.url));
  const submit = (client = ben.client) => client.questions.submit.mutate({ code, body: 'Why?' });
  const { id: questionId } = await submit();
  const { id: ofHost } = await submit(host);
  const before = await host.sessions.participants.query({ code });
  for (const id of [questionId, ofHost]) {
    const route = `PUT /api/questions/${id}/author/mute`;
    const muted = await call(route, { body: { muted: true }, token: hostToken });
    expect(muted).toMatchObject({ status: 200, body: { questionId: id } });
  }
  expect(await reasonFor(submit())).toBe('MUTED');
  expect(await reasonFor(submit(host))).toBe('none');
  expect(await host.sessions.participants.query({ code })).toEqual(before);
  await host.questions.muteAuthor.mutate({ questionId, muted: false });
  expect(await reasonFor(submit())).toBe('none');
  await host.sessions.end.mutate({ code });
  const late = host.questions.muteAuthor.mutate({ questionId, muted: true });
  expect(await reasonFor(late)).toBe('SESSION_ENDED');
});

const ROUNDS = sized(4, 100);
const AUTHORS = 8;

test('after moderation is acknowledged by either of two processes, no question is pending for others', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using one = await startApi(env);
  await using other = await startApi(env);

  for (let round = 0; round < ROUNDS; round += 1) {
    const { code, hostToken } = await createSession(one);
    const join = async (displayName: string) =>
      (await clientOf(one).sessions.join.mutate({ code, displayName })).participantToken;
    const tokens = await Promise.all(Array.from({ length: AUTHORS }, (_, n) => join(`Ben ${n}`)));
    const outsider = clientOf(other, await join('Cleo'));
    using feed = await subscribe(outsider, code);
    const pending = async () =>
      (await outsider.questions.list.query({ code, limit: 100 })).items.map(({ id }) => id);
    const submissions = tokens.flatMap((token) =>
      [one, other, one].map((process) =>
        clientOf(process, token).questions.submit.mutate({ code, body: 'Why?' }),
      ),
    );
    const all = Promise.all(submissions);
    const configured = Promise.any(submissions).then(async () => {
      await clientOf(other, hostToken).sessions.configure.mutate({ code, moderated: true });
      return await pending();
    });
    const [submitted, acknowledged] = await Promise.all([all, configured]);
    expect(await pending()).toEqual(acknowledged);
    const statuses = Map.groupBy(submitted, ({ status }) => status);
    expect(new Set(statuses.get('pending')?.map(({ id }) => id))).toEqual(new Set(acknowledged));

    const last = await clientOf(one, hostToken).sessions.start.mutate({ code });
    const sessions = () =>
      feed.changes().flatMap(({ data }) => (data.type === 'session' ? [data.session] : []));
    await expect.poll(() => sessions().at(-1)).toEqual(last);
    const moderatedAt = feed
      .changes()
      .findIndex(({ data }) => data.type === 'session' && data.session.moderated);
    const after = feed.changes().slice(moderatedAt);
    expect(after.filter(({ data }) => data.type === 'question')).toEqual([]);
  }
});
