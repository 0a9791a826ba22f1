import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, createSession } from '../../src/client.ts';
import { expectIdle, expectToServe } from '../../src/expect-idle.ts';
import { forEach, times } from '../../src/load.ts';
import { LIVE_LISTENERS, RESIDENT_BYTES, scrape, watchMetrics } from '../../src/metrics.ts';
import { openConnection, type RawConnection, streamRequest, toText } from '../../src/raw-http.ts';
import { startApi } from '@classroom/api/start';
import { subscribe } from '../../src/subscribe.ts';

const MIB = 1024 * 1024;
const SLOW_LISTENERS = 50;
const PARTICIPANTS = 100;
const QUESTIONS = 3 * PARTICIPANTS;
const WARM_UP_ROUNDS = 3;
const MOST_ROUNDS = 100;

test('listeners that do not read are dropped, and one that reads misses nothing', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const { code, hostToken, questionIds } = await prepareQuestions(api);
  const listeners = async () => (await scrape(api.url))(LIVE_LISTENERS);
  using reader = await subscribe(clientOf(api, hostToken), code);
  await expect.poll(() => reader.changes()).toHaveLength(1);
  // Each round sends one event for every question.
  let rounds = 0;
  const changeAll = async () => {
    rounds += 1;
    const on = rounds % 2 === 1;
    await forEach(questionIds, 8, async (questionId) => {
      await clientOf(api, hostToken).questions.vote.mutate({ questionId, on });
    });
    await expect.poll(() => reader.changes().length).toBe(1 + rounds * QUESTIONS);
  };
  for (let n = 0; n < WARM_UP_ROUNDS; n += 1) await changeAll();

  const before = (await scrape(api.url))(RESIDENT_BYTES);
  const watch = watchMetrics(api.url, [RESIDENT_BYTES]);
  const slow: RawConnection[] = [];
  await forEach(times(SLOW_LISTENERS), 10, async () => {
    const connection = await openConnection(api.url, false);
    await connection.write(toText(streamRequest(code, hostToken)));
    slow.push(connection);
  });
  await expect.poll(listeners).toBe(SLOW_LISTENERS + 1);

  for (let n = 0; n < MOST_ROUNDS && (await listeners()) > 1; n += 1) await changeAll();
  await watch[Symbol.asyncDispose]();
  const growth = (watch.highest(RESIDENT_BYTES) - before) / MIB;
  const bytes = Buffer.byteLength(JSON.stringify(reader.received));
  console.log(
    `dropped after ${rounds} rounds, ${(bytes / MIB).toFixed(1)} MiB each; +${Math.round(growth)} MiB`,
  );
  expect(slow.filter(({ socket }) => socket.bytesRead > 0)).toEqual([]);
  expect(await listeners()).toBe(1);
  const [first, ...others] = reader.changes().map(({ id }) => Number(id));
  expect(others).toEqual(others.map((_, n) => (first ?? NaN) + 1 + n));
  expect(reader.connections()).toBe(1);
  expect(growth).toBeLessThan(200);

  reader[Symbol.dispose]();
  await Promise.all(slow.map(({ disconnect }) => disconnect('destroy')));
  await expectIdle(api);
  await expectToServe(api);
});

/** Creates a session with the most and the longest questions that its participants may submit. */
async function prepareQuestions(api: { url: string }) {
  const { code, hostToken } = await createSession(api);
  const questionIds: number[] = [];
  await forEach(times(PARTICIPANTS), 10, async (student) => {
    const { participantToken } = await clientOf(api).sessions.join.mutate({
      code,
      displayName: `Student ${student}`,
    });
    for (let n = 0; n < QUESTIONS / PARTICIPANTS; n += 1) {
      const { id } = await clientOf(api, participantToken).questions.submit.mutate({
        code,
        // Four bytes each.
        body: '🦆'.repeat(280),
      });
      questionIds.push(id);
    }
  });
  return { code, hostToken, questionIds };
}
