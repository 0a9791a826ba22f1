import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, createSession } from '../src/client.ts';
import { subscribe, type TestSubscription } from '../src/subscribe.ts';
import { startApi } from '@classroom/api/start';

const STUDENTS = 40;

test('a class of forty misses no event while one of two processes is killed', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using steady = await startApi(env);
  await using doomed = await startApi(env);
  const { port } = new URL(doomed.url);

  const { code, hostToken } = await createSession(steady);
  const host = clientOf(steady, hostToken);
  await host.sessions.start.mutate({ code });
  const tokens = await Promise.all(
    Array.from({ length: STUDENTS }, async (_, n) => {
      const input = { code, displayName: `Student ${n}` };
      return (await clientOf(steady).sessions.join.mutate(input)).participantToken;
    }),
  );
  // Every second student is connected to the process that will be killed.
  const subscriptions: TestSubscription[] = await Promise.all(
    tokens.map((token, n) => subscribe(clientOf(n % 2 === 0 ? steady : doomed, token), code)),
  );
  using open = new DisposableStack();
  for (const subscription of subscriptions) open.use(subscription);

  const submitted = new Map<number, string>();
  const submit = async (n: number) => {
    const body = `Question ${n}?`;
    const client = clientOf(steady, tokens[n]);
    submitted.set((await client.questions.submit.mutate({ code, body })).id, body);
  };
  await Promise.all([0, 1, 2, 3, 4].map(submit));
  doomed.child.kill('SIGKILL');
  await Promise.all([5, 6, 7, 8, 9].map(submit));
  const [favourite = 0] = submitted.keys();
  await Promise.all(
    tokens.map((token) =>
      clientOf(steady, token).questions.vote.mutate({ questionId: favourite, on: true }),
    ),
  );
  // Its port is free once it has ended.
  await doomed.exit;
  await using replacement = await startApi({ ...env, PORT: port });
  expect(replacement.url).toBe(doomed.url);
  await host.questions.setStatus.mutate({ questionId: favourite, status: 'answered' });

  for (const subscription of subscriptions) {
    await expect
      .poll(() => questionsOf(subscription).size, { timeout: 60_000 })
      .toBe(submitted.size);
    await expect
      .poll(() => questionsOf(subscription).get(favourite), { timeout: 60_000 })
      .toMatchObject({ votes: STUDENTS, status: 'answered' });
    // One snapshot at the start; after the kill only missed events.
    expect(subscription.changes().filter(({ data }) => data.type === 'snapshot')).toHaveLength(1);
    const ids = subscription
      .changes()
      .flatMap(({ id, data }) => (data.type === 'snapshot' ? [] : [id]));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => Number(a) - Number(b)));
  }
  await host.sessions.end.mutate({ code });
  for (const subscription of subscriptions)
    await expect.poll(() => subscription.ended()).toBe('completed');
});

/** The questions after applying all received events. */
function questionsOf(subscription: TestSubscription) {
  const questions = new Map<number, { votes: number; status: string }>();
  for (const { data } of subscription.received) {
    if (data.type === 'snapshot') for (const each of data.questions) questions.set(each.id, each);
    if (data.type === 'question') questions.set(data.question.id, data.question);
  }
  return questions;
}
