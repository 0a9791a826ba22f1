import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, createSession } from '../src/client.ts';
import { createUntilStopped, times } from '../src/load.ts';
import { subscribe, type TestSubscription } from '../src/subscribe.ts';
import { workersOf } from '../src/workers.ts';
import { printed, startApi } from '@classroom/api/start';

const CALLERS = 10;
const LISTENERS = 8;

test('a worker is killed under load: no acknowledged session is lost, and listeners receive every event once', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, WEB_CONCURRENCY: '2' });
  const workers = await workersOf(api);
  expect(workers).toHaveLength(2);
  const { code, hostToken } = await createSession(api);
  const host = clientOf(api, hostToken);
  await host.sessions.start.mutate({ code });
  const students = await Promise.all(
    times(LISTENERS).map(async (n) => {
      const input = { code, displayName: `Student ${n}` };
      return clientOf(api, (await host.sessions.join.mutate(input)).participantToken);
    }),
  );
  const subscriptions = await Promise.all(students.map((student) => subscribe(student, code)));
  using open = new DisposableStack();
  for (const subscription of subscriptions) open.use(subscription);
  const ask = async (body: string) => {
    for (const student of students) {
      await student.questions.submit.mutate({ code, body, idempotencyKey: crypto.randomUUID() });
    }
  };

  using load = createUntilStopped(api.url, CALLERS);
  await load.acknowledges(50);
  await ask('Before?');
  for (const pid of workers) {
    process.kill(pid, 'SIGKILL');
    await load.acknowledges(50);
  }
  await printed(api, /"cause":"SIGKILL"[^\n]*"a worker has ended, restarting it"/);
  await ask('After?');
  await load.stop();
  expect(load.unexpected).toEqual([]);

  for (const subscription of subscriptions) {
    await expect
      .poll(() => questionsOf(subscription), { timeout: 60_000 })
      .toHaveLength(2 * LISTENERS);
    expect(new Set(questionsOf(subscription)).size).toBe(2 * LISTENERS);
    // After the kill, only the missed events.
    expect(subscription.changes().filter(({ data }) => data.type === 'snapshot')).toHaveLength(1);
  }
  await expect.poll(() => workersOf(api)).toHaveLength(2);
  const stored = await database.db.selectFrom('sessions').select('code').execute();
  expect(stored.map((row) => row.code).toSorted()).toEqual([code, ...load.acknowledged].toSorted());
});

/** The ids of all questions in the events, repetitions included. */
function questionsOf(subscription: TestSubscription): number[] {
  return subscription
    .changes()
    .flatMap(({ data }) => (data.type === 'question' ? [data.question.id] : []));
}
