import { randomUUID } from 'node:crypto';
import { ageSession, countSessions } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { reasonFor, sessionInput, useApi } from '../src/client.ts';

const { database, as } = await useApi();
const anyone = as();

const create = () => anyone.sessions.create.mutate(sessionInput());
const join = (code: string, displayName: string) =>
  anyone.sessions.join.mutate({ code, displayName });

/** Creates a session with a student. */
async function withStudent(displayName: string) {
  const session = await create();
  const student = await join(session.code, displayName);
  return { ...session, student, participantId: student.participant.id };
}

describe('sessions.me', () => {
  test('returns the session, the participant and the used questions of a token', async () => {
    const { code, hostToken, student } = await withStudent('Ben');
    const ben = as(student.participantToken);
    const session = await anyone.sessions.get.query({ code });
    const { participant } = student;
    expect(await ben.sessions.me.query({ code })).toEqual({
      session,
      participant,
      pendingQuestions: { used: 0, limit: 3 },
    });
    const one = await ben.questions.submit.mutate({ code, body: 'One?' });
    await ben.questions.submit.mutate({ code, body: 'Two?', anonymous: true });
    const used = async () => (await ben.sessions.me.query({ code })).pendingQuestions.used;
    expect(await used()).toBe(2);
    const answer = { questionId: one.id, status: 'answered' } as const;
    await as(hostToken).questions.setStatus.mutate(answer);
    expect(await used()).toBe(1);
    const host = await as(hostToken).sessions.me.query({ code });
    expect(host).toMatchObject({ participant: { role: 'host' } });
  });
});

describe('a participant that leaves', () => {
  test('is gone with the pending questions, and its token is refused', async () => {
    const { code, hostToken, student } = await withStudent('Ben');
    const ben = as(student.participantToken);
    const { id } = await ben.questions.submit.mutate({ code, body: 'One?' });
    await ben.questions.submit.mutate({ code, body: 'Two?' });
    await as(hostToken).questions.setStatus.mutate({ questionId: id, status: 'answered' });
    expect(await ben.sessions.leave.mutate({ code })).toEqual({ code });
    expect(await reasonFor(ben.sessions.leave.mutate({ code }))).toBe('UNAUTHENTICATED');
    const host = as(hostToken);
    const { items } = await host.questions.list.query({ code });
    expect(items).toMatchObject([{ id, body: 'One?', author: null }]);
    const { items: roster } = await host.sessions.participants.query({ code });
    expect(roster.map(({ role }) => role)).toEqual(['host']);
    expect(await reasonFor(join(code, 'Ben'))).toBe('none');
  });

  test('is not the host', async () => {
    const { code, hostToken } = await create();
    expect(await reasonFor(as(hostToken).sessions.leave.mutate({ code }))).toBe('FORBIDDEN');
  });
});

describe('a removed participant', () => {
  test('may join again as a new participant', async () => {
    const { code, hostToken, student, participantId } = await withStudent('Ben');
    const { sessions } = as(hostToken);
    const removed = await sessions.removeParticipant.mutate({ code, participantId });
    expect(removed).toEqual({ participantId, blocked: false });
    expect(await sessions.removeParticipant.mutate({ code, participantId })).toEqual(removed);
    expect(
      await reasonFor(as(student.participantToken).sessions.participants.query({ code })),
    ).toBe('UNAUTHENTICATED');
    const again = await as(student.participantToken).sessions.join.mutate({
      code,
      displayName: 'Ben',
    });
    expect(again.participant.id).not.toBe(participantId);
    expect(again.participantToken).not.toBe(student.participantToken);
  });

  test('cannot join by name, token or replayed key once blocked', async () => {
    const session = await create();
    const { code, hostToken } = session;
    const input = { code, displayName: 'Ben', idempotencyKey: randomUUID() };
    const student = await anyone.sessions.join.mutate(input);
    const participantId = student.participant.id;
    const blocked = { code, participantId, block: true };
    expect(await as(hostToken).sessions.removeParticipant.mutate(blocked)).toEqual({
      participantId,
      blocked: true,
    });
    const { join: joinAgain } = as(student.participantToken).sessions;
    expect(await reasonFor(join(code, 'Ben'))).toBe('FORBIDDEN');
    expect(await reasonFor(joinAgain.mutate({ code, displayName: 'Benny' }))).toBe('FORBIDDEN');
    expect(await reasonFor(anyone.sessions.join.mutate(input))).toBe('FORBIDDEN');
    expect(await reasonFor(join(code, 'Cleo'))).toBe('none');
  });

  test('cannot be the host, nor a participant of another session or of an ended session', async () => {
    const { code, hostToken, participantId } = await withStudent('Ben');
    const { sessions } = as(hostToken);
    const [host] = (await sessions.participants.query({ code })).items;
    const other = await withStudent('Ben');
    const remove = (id = 0) => sessions.removeParticipant.mutate({ code, participantId: id });
    const failure: unknown = await remove(host?.id).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      data: { reason: 'INVALID_INPUT', fieldErrors: { participantId: [expect.any(String)] } },
    });
    for (const id of [other.participantId, 999_999_999]) {
      expect(await reasonFor(remove(id))).toBe('PARTICIPANT_NOT_FOUND');
    }
    await sessions.end.mutate({ code });
    expect(await reasonFor(remove(participantId))).toBe('SESSION_ENDED');
  });
});

describe('a pairing code', () => {
  test('gives one second device the rights of the host, in any spelling', async () => {
    const { code, hostToken, host: _, ...session } = await create();
    const { pairingCode, expiresAt } = await as(hostToken).sessions.createPairingCode.mutate({
      code,
    });
    const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(4);
    expect(minutes).toBeLessThan(6);

    const typed = `${pairingCode.slice(0, 4)}-${pairingCode.slice(4)} `.toLowerCase();
    const redeem = () => anyone.sessions.redeemPairingCode.mutate({ code, pairingCode: typed });
    const attempts = await Promise.allSettled(Array.from({ length: 10 }, redeem));
    const [second, ...more] = attempts.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []));
    expect(more).toEqual([]);
    expect(second).toMatchObject({ session: { code, id: session.id } });
    const secondToken = second?.hostToken ?? '';
    expect(secondToken).toMatch(/^[\w-]{43}$/);
    expect(await reasonFor(redeem())).toBe('PAIRING_CODE_INVALID');

    // Both devices have the rights of the host.
    expect(await as(secondToken).sessions.start.mutate({ code })).toMatchObject({
      status: 'active',
    });
    expect(await as(hostToken).sessions.end.mutate({ code })).toMatchObject({ status: 'ended' });
    expect(await as(secondToken).sessions.get.query({ code })).toMatchObject({ status: 'ended' });
  });

  test('is neither created nor redeemed for an ended session', async () => {
    const { code, hostToken } = await create();
    const { sessions } = as(hostToken);
    const { pairingCode } = await sessions.createPairingCode.mutate({ code });
    await sessions.end.mutate({ code });
    expect(await reasonFor(sessions.createPairingCode.mutate({ code }))).toBe('SESSION_ENDED');
    expect(await reasonFor(anyone.sessions.redeemPairingCode.mutate({ code, pairingCode }))).toBe(
      'SESSION_NOT_FOUND',
    );
  });
});

describe('a session', () => {
  test('is deleted by its host with its participants and names', async () => {
    const { code, hostToken, student, host } = await withStudent(`Ben ${randomUUID()}`);
    expect(await as(hostToken).sessions.delete.mutate({ code })).toEqual({ code });
    expect(await reasonFor(anyone.sessions.get.query({ code }))).toBe('SESSION_NOT_FOUND');
    for (const token of [hostToken, student.participantToken]) {
      expect(await reasonFor(as(token).sessions.participants.query({ code }))).toBe(
        'UNAUTHENTICATED',
      );
    }
    const rows = await database.db
      .selectFrom('users')
      .where('display_name', 'in', [host.displayName, student.participant.displayName])
      .select('id')
      .execute();
    expect(rows).toEqual([]);
  });

  test('is deleted by the purge thirty days after its end', async () => {
    const [old, recent] = [await create(), await create()];
    for (const { code, hostToken } of [old, recent]) {
      await as(hostToken).sessions.end.mutate({ code });
    }
    await ageSession(database.db, old.code, 31);
    await ageSession(database.db, recent.code, 29);
    const left = async ({ host }: typeof old) =>
      (await countSessions(database.db, host.displayName)).all;
    await expect.poll(() => left(old)).toBe(0);
    expect(await left(recent)).toBe(1);
  });
});
