import { randomUUID } from 'node:crypto';
import { startApi } from '@classroom/api/start';
import { createTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { clientOf, countReasons, reasonFor, sessionInput, useApi } from '../src/client.ts';

const { as } = await useApi();
const anyone = as();

/** Creates a session of a host, whose three slots no other test uses. */
async function createLesson(hostDisplayName = `Ms Smith ${randomUUID()}`) {
  const session = await anyone.sessions.create.mutate({ title: 'T', hostDisplayName });
  const { code } = session;
  const join = (displayName: string, token?: string) =>
    as(token).sessions.join.mutate({ code, displayName });
  const { sessions } = as(session.hostToken);
  const remove = (participantId: number, block = false) =>
    sessions.removeParticipant.mutate({ code, participantId, block });
  const unblock = (participantId: number) => sessions.unblock.mutate({ code, participantId });
  return { ...session, join, remove, unblock };
}

describe('a name in a session', () => {
  test.each([
    ['in another case', 'MS SMITH'],
    ['with a zero-width space', 'Ms\u200b Smith'],
    ['with a soft hyphen', 'Ms Smi\u00adth'],
    ['in full-width letters', '\uff2d\uff53 \uff33\uff4d\uff49\uff54\uff48'],
  ])('is taken %s', async (_, spelling) => {
    const { code, hostToken, join } = await createLesson('Ms Smith');
    expect(await reasonFor(join(spelling))).toBe('NAME_TAKEN');
    await join('Ben');
    expect(await reasonFor(join('B\u200bEN'))).toBe('NAME_TAKEN');
    await as(hostToken).sessions.end.mutate({ code });
  });

  test('has at most four combining marks on one character', async () => {
    const { join } = await createLesson();
    expect(await reasonFor(join(`B${'\u0323'.repeat(99)}`))).toBe('INVALID_INPUT');
    expect(await reasonFor(join('Be\u0301n'))).toBe('none');
  });

  test('returns the participant with the stored spelling to the own token', async () => {
    const { join } = await createLesson();
    const { participant, participantToken } = await join('Ben');
    const again = await join('BEN', participantToken);
    expect(again).toMatchObject({ participant, participantToken });
  });

  test('is another input in another spelling for an idempotency key', async () => {
    const { code } = await createLesson();
    const input = { code, displayName: 'Ben', idempotencyKey: randomUUID() };
    const joined = await anyone.sessions.join.mutate(input);
    expect(await anyone.sessions.join.mutate(input)).toEqual(joined);
    const other = anyone.sessions.join.mutate({ ...input, displayName: 'BEN' });
    expect(await reasonFor(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('belongs to one of parallel joins in different spellings through two processes', async () => {
    await using database = await createTestDatabase();
    const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
    await using one = await startApi(env);
    await using other = await startApi(env);
    const clients = [clientOf(one), clientOf(other)];
    const { code, hostToken } = await clientOf(one).sessions.create.mutate(sessionInput());
    const spellings = ['Ben', 'BEN', 'B\u200ben', '\uff22en'];
    const joins = Array.from({ length: 5 }, () =>
      clients.flatMap(({ sessions }) =>
        spellings.map((displayName) => sessions.join.mutate({ code, displayName })),
      ),
    );
    expect(await countReasons(joins.flat())).toEqual({ none: 1, NAME_TAKEN: 39 });
    const { items } = await clientOf(one, hostToken).sessions.participants.query({ code });
    expect(items).toHaveLength(2);
  });
});

describe('a blocked participant', () => {
  test('is refused in any spelling, also when removed first', async () => {
    for (const removedFirst of [false, true]) {
      const { join, remove } = await createLesson();
      const { participant, participantToken } = await join('Ben');
      const { id: participantId } = participant;
      if (removedFirst) await remove(participantId);
      expect(await remove(participantId, true)).toEqual({ participantId, blocked: true });
      for (const spelling of ['Ben', 'B\u200ben', 'BEN']) {
        expect(await reasonFor(join(spelling))).toBe('FORBIDDEN');
      }
      expect(await reasonFor(join('Cleo', participantToken))).toBe('FORBIDDEN');
    }
  });

  test('is listed to the host, and not to participants', async () => {
    const { code, hostToken, join, remove } = await createLesson();
    const { participant } = await join('Ben');
    const { participantToken } = await join('Cleo');
    await remove(participant.id, true);
    const list = async (token: string) =>
      (await as(token).sessions.participants.query({ code })).items;
    const items = await list(hostToken);
    expect(items[1]).toEqual({ ...participant, blocked: true });
    expect(items.map(({ blocked }) => blocked)).toEqual([undefined, true, undefined]);
    expect(await list(participantToken)).toEqual([items[0], items[2]]);
    const exported = await as(hostToken).sessions.export.query({ code });
    expect(exported.participants).toHaveLength(2);
  });

  test('joins again after the block is lifted, and the old token stays invalid', async () => {
    const { code, join, remove, unblock } = await createLesson();
    const { participant, participantToken } = await join('Ben');
    const { id: participantId } = participant;
    await remove(participantId, true);
    expect(await unblock(participantId)).toEqual({ participantId, blocked: false });
    expect(await unblock(participantId)).toEqual({ participantId, blocked: false });
    expect(await reasonFor(as(participantToken).sessions.me.query({ code }))).toBe(
      'UNAUTHENTICATED',
    );
    const again = await join('Ben', participantToken);
    expect(again.participant.id).not.toBe(participantId);
    expect(again.participantToken).not.toBe(participantToken);
  });

  test('who was removed keeps the removal while another participant has the name', async () => {
    const { join, remove } = await createLesson();
    const { participant } = await join('Ben');
    await remove(participant.id);
    await join('BEN');
    const failure: unknown = await remove(participant.id, true).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining('block that participant instead'),
      data: { reason: 'NAME_TAKEN' },
    });
  });

  test('is found by the id of a participant of the session only', async () => {
    const { unblock } = await createLesson();
    const other = await createLesson();
    const { participant } = await other.join('Ben');
    for (const id of [participant.id, 999_999_999]) {
      expect(await reasonFor(unblock(id))).toBe('PARTICIPANT_NOT_FOUND');
    }
  });
});
