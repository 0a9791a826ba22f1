import { expect, test } from 'vitest';
import { createSession, reasonFor, useApi } from '../src/client.ts';

const { api, as } = await useApi();

async function openClassroom() {
  const { code, hostToken } = await createSession(api);
  const join = async (displayName: string) =>
    as((await as().sessions.join.mutate({ code, displayName })).participantToken);
  return { code, host: as(hostToken), ben: await join('Ben'), cleo: await join('Cleo') };
}

test('a question is submitted, voted for, pinned and answered', async () => {
  const { code, host, ben, cleo } = await openClassroom();
  const asked = await ben.questions.submit.mutate({ code, body: ' Why  so? ' });
  expect(asked).toMatchObject({ body: 'Why so?', votes: 0, author: { displayName: 'Ben' } });
  const other = await ben.questions.submit.mutate({ code, body: 'How?', anonymous: true });
  expect(other.author).toBeNull();
  const questionId = other.id;
  expect(await cleo.questions.vote.mutate({ questionId, on: true })).toMatchObject({
    votes: 1,
    voted: true,
  });
  const { items } = await ben.questions.list.query({ code });
  expect(items).toEqual([{ ...other, votes: 1 }, asked]);
  await host.questions.pin.mutate({ questionId: asked.id, on: true });
  await host.questions.setStatus.mutate({ questionId: asked.id, status: 'answered' });
  const [first] = (await cleo.questions.list.query({ code })).items;
  expect(first).toMatchObject({ id: asked.id, pinned: true, status: 'answered' });
});

test('a hidden or withdrawn question cannot be voted for', async () => {
  const { code, host, ben, cleo } = await openClassroom();
  const { id: questionId } = await ben.questions.submit.mutate({ code, body: 'Why?' });
  const voted = () => reasonFor(cleo.questions.vote.mutate({ questionId, on: true }));
  expect(await reasonFor(cleo.questions.withdraw.mutate({ questionId }))).toBe('FORBIDDEN');
  await host.questions.setStatus.mutate({ questionId, status: 'hidden' });
  expect(await voted()).toBe('QUESTION_NOT_FOUND');
  await host.questions.setStatus.mutate({ questionId, status: 'pending' });
  expect(await voted()).toBe('none');
  expect(await ben.questions.withdraw.mutate({ questionId })).toEqual({ questionId });
  expect(await ben.questions.withdraw.mutate({ questionId })).toEqual({ questionId });
  expect(await voted()).toBe('QUESTION_NOT_FOUND');
  expect((await host.questions.list.query({ code })).items).toEqual([]);
});

test('the author may withdraw a hidden question', async () => {
  const { code, host, ben } = await openClassroom();
  const { id: questionId } = await ben.questions.submit.mutate({ code, body: 'Why?' });
  await host.questions.setStatus.mutate({ questionId, status: 'hidden' });
  expect(await ben.questions.withdraw.mutate({ questionId })).toEqual({ questionId });
  expect((await host.questions.list.query({ code })).items).toEqual([]);
});

test('questions of an ended session are read-only', async () => {
  const { code, host, ben } = await openClassroom();
  const { id: questionId } = await ben.questions.submit.mutate({ code, body: 'Why?' });
  await host.sessions.end.mutate({ code });
  const outcomes = await Promise.all(
    [
      ben.questions.submit.mutate({ code, body: 'How?' }),
      ben.questions.vote.mutate({ questionId, on: true }),
      ben.questions.withdraw.mutate({ questionId }),
      host.questions.pin.mutate({ questionId, on: true }),
      host.questions.setStatus.mutate({ questionId, status: 'answered' }),
    ].map(reasonFor),
  );
  expect(new Set(outcomes)).toEqual(new Set(['SESSION_ENDED']));
  expect((await ben.questions.list.query({ code })).items).toHaveLength(1);
  const cursor = '7';
  expect(await reasonFor(ben.questions.list.query({ code, cursor }))).toBe('INVALID_INPUT');
});
