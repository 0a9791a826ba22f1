import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { type Ear, hear } from '../src/hear.ts';
import { startApi } from '../src/start-api.ts';

const STUDENTS = 40;

test('a class of forty through two processes, one of which is killed: all hear everything', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using steady = await startApi(env);
  const doomed = await startApi(env);
  const { port } = new URL(doomed.url);

  const { code, hostToken } = await clientOf(steady).sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });
  const host = clientOf(steady, hostToken);
  await host.sessions.start.mutate({ code });
  const tokens = await Promise.all(
    Array.from({ length: STUDENTS }, async (_, n) => {
      const input = { code, displayName: `Student ${n}`, idempotencyKey: randomUUID() };
      return (await clientOf(steady).sessions.join.mutate(input)).participantToken;
    }),
  );
  // Every second student is at the process that will be killed.
  const ears: Ear[] = await Promise.all(
    tokens.map((token, n) => hear(clientOf(n % 2 === 0 ? steady : doomed, token), code)),
  );
  using _ = { [Symbol.dispose]: () => ears.forEach((ear) => ear[Symbol.dispose]()) };

  const asked = new Map<number, string>();
  const ask = async (n: number) => {
    const body = `Question ${n}?`;
    const client = clientOf(steady, tokens[n]);
    asked.set((await client.questions.submit.mutate({ code, body })).id, body);
  };
  await Promise.all([0, 1, 2, 3, 4].map(ask));
  doomed.child.kill('SIGKILL');
  await Promise.all([5, 6, 7, 8, 9].map(ask));
  const [favourite = 0] = asked.keys();
  await Promise.all(
    tokens.map((token) =>
      clientOf(steady, token).questions.vote.mutate({ questionId: favourite, on: true }),
    ),
  );
  await using replacement = await startApi({ ...env, PORT: port });
  expect(replacement.url).toBe(doomed.url);
  await host.questions.setStatus.mutate({ questionId: favourite, status: 'answered' });

  for (const ear of ears) {
    await expect.poll(() => stateHeard(ear).size, { timeout: 20_000 }).toBe(asked.size);
    await expect
      .poll(() => stateHeard(ear).get(favourite), { timeout: 20_000 })
      .toMatchObject({ votes: STUDENTS, status: 'answered' });
    // Everything as it is came once, at the start; after the kill what was missed.
    expect(ear.changes().filter(({ data }) => data.type === 'snapshot')).toHaveLength(1);
    const ids = ear.changes().flatMap(({ id, data }) => (data.type === 'snapshot' ? [] : [id]));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => Number(a) - Number(b)));
  }
  await host.sessions.end.mutate({ code });
  for (const ear of ears) await expect.poll(() => ear.ended()).toBe('completed');
});

/** The questions as a listener knows them from all that was heard. */
function stateHeard(ear: Ear) {
  const questions = new Map<number, { votes: number; status: string }>();
  for (const { data } of ear.heard) {
    if (data.type === 'snapshot') for (const each of data.questions) questions.set(each.id, each);
    if (data.type === 'question') questions.set(data.question.id, data.question);
  }
  return questions;
}
