import { randomUUID } from 'node:crypto';
import { createClient, reasonOf } from '@classroom/client';
import { countSessions, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';

const RUNS = 20;
const CALLS = 200;

test('200 parallel creates for one host through two processes: exactly three succeed', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using one = await startApi(env);
  await using other = await startApi(env);
  const clients = [one, other].map(({ url }) => createClient({ url: `${url}/trpc` }));

  for (let run = 0; run < RUNS; run += 1) {
    const hostDisplayName = `Ada ${randomUUID()}`;
    const calls = Array.from({ length: CALLS / clients.length }, () =>
      clients.map(({ sessions }) =>
        sessions.create
          .mutate({ title: 'Algebra I', hostDisplayName })
          .then(() => 'created', reasonOf),
      ),
    );
    const outcomes = await Promise.all(calls.flat());
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'HOST_SESSION_LIMIT')).toHaveLength(CALLS - 3);
    expect(await countSessions(database.db, hostDisplayName)).toEqual({ all: 3, open: 3 });
  }
});
