import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { createGeneratedProject, reachesRegistry } from '../src/external-consumer/project.ts';
import { fetchDocument } from '../src/rest-caller.ts';
import { startApi } from '@classroom/api/start';

/** Plays a lesson over REST with the generated types. Fails to compile if they accept a mistake. */
const LESSON = `import createClient from 'openapi-fetch';
import type { components, paths } from './api.d.ts';

type Question = components['schemas']['Question'];
type Reason = components['schemas']['Error']['data']['reason'];

/** A busy server may refuse a request. */
const fetchServed = async (request: Request): Promise<Response> => {
  const response = await fetch(request.clone());
  if (response.status !== 503) return response;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return await fetchServed(request);
};

export async function playLesson(baseUrl: string): Promise<unknown[]> {
  const client = createClient<paths>({ baseUrl, fetch: fetchServed });
  const created = await client.POST('/api/sessions', {
    body: { title: 'Algebra I', hostDisplayName: 'Ada' },
  });
  if (created.error) throw new Error(created.error.message);
  const path = { code: created.data.code.toLowerCase() };
  const joined = await client.POST('/api/sessions/{code}/participants', {
    params: { path },
    body: { displayName: 'Ben' },
  });
  if (joined.error) throw new Error(joined.error.message);
  const headers = { authorization: 'Bearer ' + joined.data.participantToken };
  const submitted = await client.POST('/api/sessions/{code}/questions', {
    params: { path },
    headers,
    body: { body: 'Why?' },
  });
  if (submitted.error) throw new Error(submitted.error.message);
  const question: Question = submitted.data;
  const page = await client.GET('/api/sessions/{code}/questions', {
    params: { path, query: { order: 'newest', limit: 10 } },
    headers,
  });
  const bodies = page.data?.items.map(({ body }) => body);
  const taken = await client.POST('/api/sessions/{code}/participants', {
    params: { path },
    body: { displayName: 'Ben' },
  });
  const reason: Reason | undefined = taken.error?.data.reason;
  return [joined.data.participant.displayName, question.status, bodies, reason];
}

export const mistakes = (client: ReturnType<typeof createClient<paths>>) => [
  // @ts-expect-error -- no such route
  client.GET('/api/session'),
  // @ts-expect-error -- no such field
  client.POST('/api/sessions', { body: { titel: 'Algebra I', hostDisplayName: 'Ada' } }),
  // @ts-expect-error -- no such order
  client.GET('/api/sessions/{code}/questions', { params: { path: { code: 'a' }, query: { order: 'best' } } }),
];
`;

const offline = !(await reachesRegistry());

test.skipIf(offline)(
  'types generated from the OpenAPI document compile and play a lesson with a real server (skipped without an npm registry)',
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url });
    const document = await fetchDocument(api.url);
    await using project = await createGeneratedProject(document, { 'lesson.ts': LESSON });
    expect(await project.compile('7')).toEqual([]);
    const output = await project.run(`
      import { playLesson } from './lesson.ts';
      console.log(JSON.stringify(await playLesson('${api.url}')));
    `);
    expect(JSON.parse(output)).toEqual(['Ben', 'pending', ['Why?'], 'NAME_TAKEN']);
  },
);
