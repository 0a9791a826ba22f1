import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@classroom/client';
import { startOwnApi } from '@classroom/demo/api';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { normalizedLines, runDemo } from '../src/run-demo.ts';
import { startApi } from '@classroom/api/start';

/** Lines of the demo, in their order. */
const MILESTONES = [
  'Playing at http://127.0.0.1:',
  'Ms Noether opens a session with a host key.',
  'The code to join is ',
  'live: the session is a draft, with 0 questions',
  'live: 1 device listening',
  '5 participants are in the session.',
  'live: the session is active',
  '| Ben: How many symmetries does a circle have?',
  '| somebody: Will this be in the exam?',
  '| Dan: When is lunch?',
  'It shows 3 questions; 5 participants are in the session.',
  'pending, 3 votes | somebody',
  'pending, pinned, 3 votes | somebody',
  'answered, pinned, 3 votes | somebody',
  'hidden, 0 votes | Dan',
  "Dan's next call is refused: UNAUTHENTICATED",
  'live: the session is active and moderated',
  'waiting, 0 votes | Eve: And a sphere?',
  'pending, 0 votes | Eve: And a sphere?',
  'The key owns Symmetry.',
  'answered, 0 votes | Ben',
  '5 participants, 4 questions, 3 votes',
  'live: the session is ended',
  'The code is no longer valid: SESSION_NOT_FOUND',
];

test('the demo plays the transcript of the README and leaves no session open', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const { output, errors, exitCode } = await runDemo(api.url);
  expect({ errors, exitCode }).toEqual({ errors: '', exitCode: 0 });
  const places = MILESTONES.map((milestone) => output.indexOf(milestone));
  expect(MILESTONES.filter((_, index) => places[index] === -1)).toEqual([]);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(output, 'colour is for terminals').not.toContain('\u001B');
  const readme = await readFile(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const [, transcript = ''] = /^\$ .+ demo\n([^]+?)^```/m.exec(readme) ?? [];
  expect(normalizedLines(output)).toEqual(normalizedLines(transcript));
  const open = await database.db.selectFrom('sessions').where('status', '<>', 'ended').execute();
  expect(open).toEqual([]);
});

test.each(['http://127.0.0.1:1', 'nonsense'])(
  'the demo fails in one line when no API responds at API_URL %s',
  async (url) => {
    expect(await runDemo(url)).toEqual({
      output: '',
      errors: `API_URL ${url}: no classroom API responds; start it, or unset API_URL\n`,
      exitCode: 1,
    });
  },
);

test('the demo plays although three sessions are open under the name of its host', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const { sessions } = createClient({ url: `${api.url}/trpc` });
  for (const title of ['One', 'Two', 'Three']) {
    await sessions.create.mutate({ title, hostDisplayName: 'Ms Noether' });
  }
  const { errors, exitCode } = await runDemo(api.url);
  expect({ errors, exitCode }).toEqual({ errors: '', exitCode: 0 });
});

test('the demo stops an API that it has started and removes its data', async () => {
  const api = await startOwnApi(new AbortController().signal);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  await api[Symbol.asyncDispose]();
  await expect(fetch(`${api.url}/readyz`)).rejects.toThrow('fetch failed');
  await expect(stat(api.dataDir)).rejects.toThrow('ENOENT');
});
