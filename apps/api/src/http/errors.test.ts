import { useTestDatabase } from '@classroom/db/testing';
import type { InjectOptions } from 'fastify';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

const app = await buildTestApp(await useTestDatabase());
afterAll(() => app.close());

const create = '/trpc/sessions.create';
const json = { 'content-type': 'application/json' };
const posted = { method: 'POST', url: create, headers: json, payload: '{}' } as const;

test.each<[string, InjectOptions, string]>([
  ['a URL without /trpc', { ...posted, url: '/sessions.create' }, 'with /trpc'],
  ['a batch without /trpc', { url: '/sessions.get,questions.list?batch=1' }, 'with /trpc'],
  ['an unknown path', { url: '/sessions.nothing' }, '/docs lists them'],
  ['a wrong method', { method: 'PATCH', url: create }, 'path and method'],
  ['a body that is cut off', { ...posted, payload: '{"title":' }, 'The body is not valid JSON'],
  ['a body that is not UTF-8', { ...posted, payload: Buffer.from([0x22, 0xff, 0x22]) }, 'UTF-8'],
  ['a malformed path', { url: '/trpc/%zz' }, 'malformed escape'],
  ['an input that is not JSON', { url: '/trpc/sessions.get?input={' }, '"input" is not valid JSON'],
  [
    'a batch over ten',
    { url: `/trpc/${'sessions.get,'.repeat(10)}x?batch=1` },
    'at most 10 calls; set maxItems: 10',
  ],
  [
    'a batch stream over ten',
    {
      url: `/trpc/${'sessions.get,'.repeat(10)}x?batch=1`,
      headers: { 'trpc-accept': 'application/jsonl' },
    },
    'httpBatchStreamLink',
  ],
  ['a missing token', { ...posted, url: '/trpc/sessions.end' }, 'Missing or unknown token'],
  [
    'a foreign origin',
    { url: '/livez', headers: { origin: 'https://evil.example' } },
    'CORS_ORIGINS',
  ],
])('the message about %s names the cause', async (_, request, cause) => {
  const response = await app.inject(request);
  expect(response.json()).toMatchObject({ error: { message: expect.stringContaining(cause) } });
});
