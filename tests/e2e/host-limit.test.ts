import { createClient } from '@classroom/client';
import { countSessions, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { countReasons, sessionInput } from '../src/client.ts';
import { startApi } from '@classroom/api/start';

const RUNS = sized(5, 20);
const CALLS = 200;

test('of 200 parallel creates for one host through two processes exactly three succeed', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn' };
  await using one = await startApi(env);
  await using other = await startApi(env);
  const clients = [one, other].map(({ url }) => createClient({ url: `${url}/trpc` }));

  for (let run = 0; run < RUNS; run += 1) {
    const input = sessionInput();
    const calls = Array.from({ length: CALLS / clients.length }, () =>
      clients.map(({ sessions }) => sessions.create.mutate(input)),
    );
    const { none, ...refusals } = await countReasons(calls.flat());
    expect(none).toBe(3);
    // A busy server may refuse some.
    const { HOST_SESSION_LIMIT = 0, UNAVAILABLE = 0 } = refusals;
    expect(HOST_SESSION_LIMIT + UNAVAILABLE).toBe(CALLS - 3);
    expect(await countSessions(database.db, input.hostDisplayName)).toEqual({ all: 3, open: 3 });
  }
});
