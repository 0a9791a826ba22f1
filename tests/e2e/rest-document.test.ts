import { hash } from 'node:crypto';
import { createdSession } from '@classroom/schema';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hasBrowser, openBrowser } from '../src/browser.ts';
import { scrape, SHED_REQUESTS } from '../src/metrics.ts';
import { exchangeServed } from '../src/raw-http.ts';
import { createRestCaller, fetchDocument } from '../src/rest-caller.ts';
import { startApi } from '@classroom/api/start';
import { fetchServed, sessionInput, useApi } from '../src/client.ts';

/** A browser that starts keeps a small machine busy. */
const SLOW = { timeout: 90_000 };

/** The shapes of outputs and of errors. */
const SHAPES = [
  'CreatedHostKey',
  'CreatedPairingCode',
  'CreatedSession',
  'DeletedSession',
  'Device',
  'DevicePage',
  'EnteredSession',
  'Error',
  'ExportedSession',
  'ForgottenHostKey',
  'JoinedSession',
  'LeftSession',
  'Me',
  'MutedAuthor',
  'Participant',
  'ParticipantPage',
  'PublicQuestion',
  'Question',
  'QuestionPage',
  'RedeemedPairingCode',
  'RemovedParticipant',
  'RevokedDevice',
  'SessionEvent',
  'SessionPage',
  'SessionSummary',
  'UserSummary',
  'WithdrawnQuestion',
];

const { database, api, as } = await useApi();
const document = await fetchDocument(api.url);

describe('/openapi.json', () => {
  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(document);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  test('breaks none of the recommended rules of Redocly', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ message, location }) => [message, location[0]?.pointer])).toEqual([]);
  });

  test('names every shape of the API once', () => {
    const { schemas } = z
      .object({ schemas: z.record(z.string(), z.unknown()) })
      .parse(document['components']);
    expect(Object.keys(schemas).toSorted()).toEqual(SHAPES);
    const inlined = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.values(responses)
          .flatMap(({ content }) => content['application/json'] ?? [])
          .filter(({ schema }) => !('$ref' in schema))
          .map(() => `${method} ${path}`),
      ),
    );
    expect(inlined).toEqual([]);
  });

  test('describes codes as the server accepts them', async () => {
    const { code, hostToken } = await as().sessions.create.mutate(sessionInput());
    const typed = `${code.slice(0, 3)} - ${code.slice(3)}`.toLowerCase();
    const { parameters = [] } = document.paths['/api/sessions/{code}/start']?.['post'] ?? {};
    expect(parameters).toMatchObject([{ name: 'code', schema: { type: 'string', minLength: 5 } }]);
    expect(JSON.stringify(parameters)).not.toContain('pattern');
    expect(await as(hostToken).sessions.start.mutate({ code: typed })).toMatchObject({ code });
  });

  test('describes the export as JSON and as CSV', () => {
    const { responses } = document.paths['/api/sessions/{code}/export']?.['get'] ?? {};
    expect(Object.keys(responses?.['200']?.content ?? {})).toEqual([
      'application/json',
      'text/csv',
    ]);
  });

  test('describes the live feed as server-sent events', () => {
    const { responses } = document.paths['/api/sessions/{code}/events']?.['get'] ?? {};
    expect(responses?.['200']?.content).toMatchObject({
      'text/event-stream': { schema: { $ref: '#/components/schemas/SessionEvent' } },
    });
  });

  test('has examples of requests that succeed', async () => {
    const call = createRestCaller(api.url, document);
    const example = (path: string) =>
      document.paths[path]?.['post']?.requestBody?.content['application/json'].example;
    const created = await call('POST /api/sessions', { body: example('/api/sessions') });
    expect(created.status).toBe(201);
    const { code } = createdSession.parse(created.body);
    const joined = await call(`POST /api/sessions/${code}/participants`, {
      body: example('/api/sessions/{code}/participants'),
    });
    expect(joined.status).toBe(201);
  });

  test('requires a token where the procedure does, and only there', async () => {
    const security = (path: string, method: string) => document.paths[path]?.[method]?.security;
    expect(security('/api/host-keys', 'post')).toEqual([]);
    expect(security('/api/sessions', 'post')).toEqual([{}, { token: [] }]);
    expect(security('/api/sessions/{code}', 'get')).toEqual([{}, { token: [] }]);
    expect(security('/api/sessions/{code}/start', 'post')).toEqual([{ token: [] }]);
  });
});

describe('/docs', () => {
  test('refers to no other server', async () => {
    const response = await fetchServed(`${api.url}/docs`);
    const page = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(page).toContain('/openapi.json');
    expect(page).not.toMatch(/https?:|["'(]\/\//);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  });

  test('serves its script with an immutable cache policy and an ETag', async () => {
    const url = await findScript();
    const script = await fetchServed(url);
    expect(script.status).toBe(200);
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const content = await script.text();
    expect(content.includes('createApiReference')).toBe(true);
    expect(url.pathname).toContain(hash('sha256', content).slice(0, 16));

    const etag = script.headers.get('etag') ?? '';
    // fetch adds `no-cache`.
    const again = await exchangeServed(
      api.url,
      `GET ${url.pathname} HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${etag}\r\nConnection: close\r\n\r\n`,
    );
    expect(again).toMatch(/^HTTP\/1\.1 304 [^]*\r\n\r\n$/);
    const head = await fetchServed(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
    const failed = await fetchServed(url, { headers: { 'if-match': '"another"' } });
    expect(failed.status).toBe(400);
    expect(await failed.json()).toMatchObject({ error: { data: { reason: 'INVALID_INPUT' } } });
  });

  test.skipIf(!hasBrowser)(
    'shows the operations in a browser, which calls no other server and reports no violation (skipped without a browser)',
    async () => {
      await using browser = await openBrowser();
      const shedRequests = async () => (await scrape(api.url))(SHED_REQUESTS) || 0;
      const open = async () => {
        const shedBefore = await shedRequests();
        const page = await browser.newPage();
        const complaints: string[] = [];
        const requested: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'error') complaints.push(message.text());
        });
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => requested.push(request.url()));
        await page.goto(`${api.url}/docs`, SLOW);
        let isShed = false;
        const isComplete = async () => {
          isShed = (await shedRequests()) > shedBefore;
          return isShed || (await page.locator('body').innerText()).includes('/api/sessions');
        };
        await expect.poll(isComplete, SLOW).toBe(true);
        return { complaints, requested, isShed };
      };
      let opened = await open();
      // A busy server may refuse a request of the page.
      while (opened.isShed) opened = await open();
      const { complaints, requested } = opened;
      expect(complaints).toEqual([]);
      expect(requested).toContain(`${api.url}/openapi.json`);
      expect(requested.filter((url) => !url.startsWith(`${api.url}/`))).toEqual([]);
    },
  );

  test('does not change the headers of other responses', async () => {
    const { headers } = await fetchServed(`${api.url}/openapi.json`);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';frame-ancestors 'none'",
    );
  });

  test('refuses a malformed Host', async () => {
    const response = await exchangeServed(
      api.url,
      'GET /docs/ HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n',
    );
    expect(response).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('the page at /docs', () => {
  const create = (origin: string, headers: Record<string, string> = {}) =>
    fetchServed(`${api.url}/api/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin, ...headers },
      body: JSON.stringify({ title: 'Algebra I', hostDisplayName: `Ada ${origin}` }),
    });

  test('may call the API from its own origin in production, without a CORS grant', async () => {
    await using production = await startApi({ DATABASE_URL: database.url, NODE_ENV: 'production' });
    for (const origin of [production.url, production.url.replace('127.0.0.1', 'localhost')]) {
      const response = await fetchServed(`${production.url}/api/sessions/AAAAAA`, {
        headers: { origin },
      });
      expect(response.status).toBe(404);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    const other = await fetchServed(`${production.url}/livez`, { headers: { origin: api.url } });
    expect(other.status).toBe(403);
  });

  test('may not call the API from the origin of a rebound DNS name', async () => {
    const host = `rebound.example:${new URL(api.url).port}`;
    const response = await create(`http://${host}`, { host });
    expect(response.status).toBe(403);
    expect((await create(api.url)).status).toBe(201);
  });
});

async function findScript(): Promise<URL> {
  const page = await fetchServed(`${api.url}/docs`);
  const [, source = ''] = /<script src="([^"]+)"/.exec(await page.text()) ?? [];
  return new URL(source, page.url);
}
