import { randomUUID } from 'node:crypto';
import { createClient, reasonOf } from '@classroom/client';
import { countSessions, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '@classroom/api/start';

const SECONDS = 60;
const WORKERS = 8;

test('a host never has more than three open sessions during 60 s of creating and ending', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using one = await startApi(env);
  await using other = await startApi(env);
  const hostDisplayName = `Ada ${randomUUID()}`;
  const until = performance.now() + SECONDS * 1000;
  /** +1 when a creation is acknowledged, -1 before an end is requested. */
  const history: { at: number; change: 1 | -1 }[] = [];
  const refusals: unknown[] = [];

  const work = async (url: string) => {
    const anyone = createClient({ url });
    while (performance.now() < until) {
      try {
        const { code, hostToken } = await anyone.sessions.create.mutate({
          title: 'T',
          hostDisplayName,
        });
        history.push({ at: performance.now(), change: 1 });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        history.push({ at: performance.now(), change: -1 });
        await createClient({ url, token: hostToken }).sessions.end.mutate({ code });
      } catch (error) {
        refusals.push(reasonOf(error));
      }
    }
  };
  let mostStored = 0;
  const watch = async () => {
    while (performance.now() < until) {
      const { open } = await countSessions(database.db, hostDisplayName);
      mostStored = Math.max(mostStored, open);
    }
  };
  const workers = [one, other].flatMap(({ url }) =>
    Array.from({ length: WORKERS }, () => work(`${url}/trpc`)),
  );
  await Promise.all([...workers, watch()]);

  let open = 0;
  let mostCertain = 0;
  for (const { change } of history) {
    open += change;
    mostCertain = Math.max(mostCertain, open);
  }
  const { all } = await countSessions(database.db, hostDisplayName);
  console.log(
    `${all} sessions and ${refusals.length} refusals; at most ${mostStored} open in the database ` +
      `and ${mostCertain} by acknowledgement`,
  );
  expect(all).toBeGreaterThan(100);
  expect(new Set(refusals)).toEqual(new Set(['HOST_SESSION_LIMIT']));
  expect(mostStored).toBe(3);
  expect(mostCertain).toBeLessThanOrEqual(3);
});
