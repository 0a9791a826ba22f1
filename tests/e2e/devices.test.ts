import { startApi } from '@classroom/api/start';
import type { Client } from '@classroom/client';
import { describe, expect, test } from 'vitest';
import { clientOf, reasonFor, sessionInput, useApi } from '../src/client.ts';
import { subscribe } from '../src/subscribe.ts';

const { database, api, as } = await useApi();
const anyone = as();

type Role = 'host' | 'moderator' | 'viewer';

async function createLesson() {
  const { code, hostToken, host } = await anyone.sessions.create.mutate(sessionInput());
  const pair = async (role: Role) => {
    const { pairingCode } = await as(hostToken).sessions.createPairingCode.mutate({ code, role });
    return await anyone.sessions.redeemPairingCode.mutate({ code, pairingCode });
  };
  const { participantToken, participant } = await anyone.sessions.join.mutate({
    code,
    displayName: 'Ben',
  });
  const lesson = { code, host: as(hostToken), name: host.displayName, pair };
  return { ...lesson, participantToken, ben: participant };
}

const devicesOf = async (host: Client, code: string) =>
  (await host.sessions.devices.query({ code })).items;

describe('a co-host', () => {
  test('moderates under the name of the host, who is listed before them', async () => {
    const { code, host, pair, name, participantToken, ben } = await createLesson();
    const { token, participant, hostToken, session } = await pair('moderator');
    expect(hostToken).toBeUndefined();
    expect(session).toEqual(await anyone.sessions.get.query({ code }));
    expect(participant).toMatchObject({ role: 'moderator', displayName: name });
    const moderator = as(token);
    expect(await moderator.sessions.me.query({ code })).toEqual({
      session,
      participant,
      pendingQuestions: { used: 0, limit: 3 },
    });
    const { items: roster } = await host.sessions.participants.query({ code });
    expect(roster.map(({ role }) => role)).toEqual(['host', 'participant', 'moderator']);
    expect(roster[2]).toEqual(participant);
    const last = await host.sessions.participants.query({ code, limit: 2 });
    const cursor = last.nextCursor ?? '';
    const { items: rest } = await host.sessions.participants.query({ code, cursor });
    expect(rest).toEqual([participant]);

    const student = as(participantToken);
    const { id: questionId } = await student.questions.submit.mutate({ code, body: 'Why?' });
    const { setStatus, pin, vote } = moderator.questions;
    expect(await setStatus.mutate({ questionId, status: 'hidden' })).toMatchObject({
      status: 'hidden',
      author: { id: ben.id },
    });
    expect(await vote.mutate({ questionId, on: true })).toMatchObject({ votes: 1, voted: true });
    expect(await pin.mutate({ questionId, on: true })).toMatchObject({ pinned: true });
    expect((await moderator.questions.list.query({ code, status: 'hidden' })).items).toMatchObject([
      { id: questionId, voted: true },
    ]);
    expect((await student.questions.list.query({ code })).items).toEqual([]);
    using live = await subscribe(moderator, code);
    await expect
      .poll(live.changes)
      .toMatchObject([{ data: { type: 'snapshot', questions: [{ id: questionId }] } }]);
  });

  test('asks questions under the name of the host, until the device is revoked', async () => {
    const { code, host, pair, name, participantToken } = await createLesson();
    const { token, participant } = await pair('moderator');
    const { questions } = as(token);
    const author = { id: participant.id, displayName: name, role: 'moderator' };
    const asked = await questions.submit.mutate({ code, body: 'Ready?' });
    expect(asked).toMatchObject({ author, mine: true });
    const secret = await questions.submit.mutate({ code, body: 'Really?', anonymous: true });
    expect(secret.author).toBeNull();
    const student = as(participantToken);
    const { id: questionId } = asked;
    expect(await student.questions.vote.mutate({ questionId, on: true })).toMatchObject({ author });
    expect(await host.questions.pin.mutate({ questionId, on: true })).toMatchObject({ author });
    const list = async () => (await student.questions.list.query({ code, order: 'newest' })).items;
    expect((await list()).map((each) => each.author)).toEqual([null, author]);
    const exported = await host.sessions.export.query({ code });
    expect(exported.participants.map(({ role }) => role)).toEqual([
      'host',
      'participant',
      'moderator',
    ]);
    expect(exported.questions.map((each) => each.author)).toEqual([author, null]);

    using live = await subscribe(student, code);
    await expect.poll(live.changes).toMatchObject([{ data: { questions: [{ author }, {}] } }]);
    const [{ id: deviceId } = { id: 0 }] = await devicesOf(host, code);
    await host.sessions.revokeDevice.mutate({ code, deviceId });
    await expect
      .poll(() => live.changes().at(-1)?.data)
      .toMatchObject({ type: 'question', question: { id: questionId, author: null } });
    expect((await list()).map((each) => each.author)).toEqual([null, null]);
    const { participants } = await host.sessions.export.query({ code });
    expect(participants.map(({ role }) => role)).toEqual(['host', 'participant']);
    expect(await reasonFor(questions.list.query({ code }))).toBe('UNAUTHENTICATED');
  });
});

describe('a projector', () => {
  test('reads like a participant, is listed nowhere and counts nowhere', async () => {
    const { code, host, pair, participantToken } = await createLesson();
    const { token, participant } = await pair('viewer');
    const viewer = as(token);
    const { id: questionId } = await as(participantToken).questions.submit.mutate({
      code,
      body: 'Why?',
    });
    const me = await viewer.sessions.me.query({ code });
    expect(me).toMatchObject({ participant, pendingQuestions: { used: 0 } });
    expect(participant.role).toBe('viewer');
    for (const each of [host, viewer]) {
      const { items } = await each.sessions.participants.query({ code });
      expect(items.map(({ role }) => role)).toEqual(['host', 'participant']);
    }
    using live = await subscribe(viewer, code);
    using other = await subscribe(as(participantToken), code);
    await expect.poll(other.presence).toEqual({ listening: 1, participants: 1 });
    await expect.poll(live.presence).toEqual({ listening: 1, participants: 1 });
    await host.questions.setStatus.mutate({ questionId, status: 'hidden' });
    await expect
      .poll(() => live.changes().at(-1)?.data)
      .toEqual({ type: 'questionRemoved', questionId });
    expect((await viewer.questions.list.query({ code })).items).toEqual([]);
    const { participants } = await host.sessions.export.query({ code });
    expect(participants.map(({ role }) => role)).toEqual(['host', 'participant']);
    expect(await devicesOf(host, code)).toMatchObject([{ role: 'viewer', current: false }]);
  });

  test('and a co-host read an ended session and its questions', async () => {
    const { code, host, pair } = await createLesson();
    const tokens = [(await pair('viewer')).token, (await pair('moderator')).token];
    await host.sessions.end.mutate({ code });
    for (const { sessions, questions } of tokens.map((token) => as(token))) {
      expect(await sessions.get.query({ code })).toMatchObject({ status: 'ended' });
      expect(await sessions.me.query({ code })).toMatchObject({ session: { status: 'ended' } });
      expect((await questions.list.query({ code })).items).toEqual([]);
    }
  });
});

test('a pairing code of every role is redeemed once in twenty parallel calls', async () => {
  const { code, host } = await createLesson();
  for (const role of ['host', 'moderator', 'viewer'] as const) {
    const { pairingCode } = await host.sessions.createPairingCode.mutate({ code, role });
    const { redeemPairingCode } = anyone.sessions;
    const calls = Array.from({ length: 20 }, () => redeemPairingCode.mutate({ code, pairingCode }));
    const reasons = await Promise.all(calls.map(reasonFor));
    expect(reasons.filter((reason) => reason !== 'PAIRING_CODE_INVALID')).toEqual(['none']);
  }
  expect(await devicesOf(host, code)).toMatchObject([
    { role: 'host' },
    { role: 'moderator' },
    { role: 'viewer' },
  ]);
});

test('ten wrong guesses leave a pairing code valid', async () => {
  const { code, host } = await createLesson();
  const { pairingCode } = await host.sessions.createPairingCode.mutate({ code });
  const redeem = (tried: string) =>
    reasonFor(anyone.sessions.redeemPairingCode.mutate({ code, pairingCode: tried }));
  for (let n = 0; n < 10; n += 1) expect(await redeem('AAAAAAAA')).toBe('PAIRING_CODE_INVALID');
  expect(await redeem(pairingCode)).toBe('none');
});

describe('a revoked device', () => {
  test('loses its live streams in two processes, and the others keep theirs', async () => {
    await using other = await startApi({ DATABASE_URL: database.url });
    const { code, host, pair, participantToken } = await createLesson();
    const first = await pair('host');
    const roles = ['host', 'moderator', 'viewer'] as const;
    for (const role of roles) {
      const { token } = await pair(role);
      const deviceId = (await devicesOf(host, code)).at(-1)?.id ?? 0;
      const open = async (held: string) => [
        await subscribe(clientOf(api, held), code),
        await subscribe(clientOf(other, held), code),
      ];
      const revoked = await open(token);
      const kept = [...(await open(first.token)), ...(await open(participantToken))];
      for (const { changes } of [...revoked, ...kept]) {
        await expect.poll(() => changes().length).toBeGreaterThan(0);
      }
      expect(await host.sessions.revokeDevice.mutate({ code, deviceId })).toEqual({ deviceId });
      for (const { ended } of revoked) await expect.poll(ended).toBe('UNAUTHENTICATED');
      expect(await host.sessions.revokeDevice.mutate({ code, deviceId })).toEqual({ deviceId });
      expect(kept.map(({ ended }) => ended())).toEqual(kept.map(() => undefined));
      for (const subscription of [...revoked, ...kept]) subscription[Symbol.dispose]();
      expect(await reasonFor(as(token).sessions.me.query({ code }))).toBe('UNAUTHENTICATED');
    }
    expect(await devicesOf(host, code)).toMatchObject([{ role: 'host', current: false }]);
    expect(await devicesOf(as(first.token), code)).toMatchObject([{ current: true }]);
  });

  test('of the caller cannot call again', async () => {
    const { code, pair } = await createLesson();
    const { token } = await pair('host');
    const lost = as(token);
    const [{ id: deviceId } = { id: 0 }] = await devicesOf(lost, code);
    expect(await lost.sessions.revokeDevice.mutate({ code, deviceId })).toEqual({ deviceId });
    expect(await reasonFor(lost.sessions.start.mutate({ code }))).toBe('UNAUTHENTICATED');
  });

  test('of an ended session can no longer export it', async () => {
    const { code, host, pair } = await createLesson();
    const { token } = await pair('host');
    await host.sessions.end.mutate({ code });
    expect(await reasonFor(as(token).sessions.export.query({ code }))).toBe('none');
    const [{ id: deviceId } = { id: 0 }] = await devicesOf(host, code);
    await host.sessions.revokeDevice.mutate({ code, deviceId });
    expect(await reasonFor(as(token).sessions.export.query({ code }))).toBe('UNAUTHENTICATED');
    expect(await devicesOf(host, code)).toEqual([]);
  });

  test('must be a device of the session', async () => {
    const { code, host } = await createLesson();
    const elsewhere = await createLesson();
    await elsewhere.pair('host');
    const [{ id: deviceId } = { id: 0 }] = await devicesOf(elsewhere.host, elsewhere.code);
    const failure: unknown = await host.sessions.revokeDevice
      .mutate({ code, deviceId })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining('device'),
      data: { reason: 'PARTICIPANT_NOT_FOUND' },
    });
  });
});
