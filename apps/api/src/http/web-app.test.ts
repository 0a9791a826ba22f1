import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { useTestDatabase } from '@classroom/db/testing';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';
import type { HttpOptions } from './app.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const SCRIPT = '/assets/index-BqOmvBFQ.js';
const CODE = 'console.log("the app");';
const SECRET = 'a file beside the build';

const directory = await mkdtemp(path.join(tmpdir(), 'classroom-web-'));
afterAll(() => rm(directory, { recursive: true }));
const dist = path.join(directory, 'dist');
await mkdir(path.join(dist, 'assets/nested'), { recursive: true });
const page = (publicUrl: string) =>
  `<!doctype html><meta name="public-url" content="${publicUrl}" /><title>Classroom</title>`;
await Promise.all([
  writeFile(path.join(directory, 'secret.txt'), SECRET),
  writeFile(path.join(dist, 'index.html'), page('')),
  writeFile(path.join(dist, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>'),
  writeFile(path.join(dist, SCRIPT), CODE),
  writeFile(path.join(dist, `${SCRIPT}.gz`), gzipSync(CODE)),
  writeFile(path.join(dist, 'assets/nested/a.js'), SECRET),
]);

const database = await useTestDatabase();
const logged: string[] = [];

const build = async (options: Partial<HttpOptions>) => {
  const write = (line: string) => void logged.push(line);
  return await buildTestApp(database, write, false, { webDirectory: dist, ...options });
};
const app = await build({});
afterAll(() => app.close());
const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));

describe('the page', () => {
  test.each(['/', '/j/7M2XJD', '/host/7M2XJD', '/wall/7M2XJD', '/pair/7M2XJD', '/?lang=de'])(
    'is at %s, allows only scripts of the server, and is revalidated',
    async (url) => {
      const { statusCode, headers, body } = await app.inject(url);
      expect(statusCode).toBe(200);
      expect(body).toBe(page('https://classroom.example/app'));
      expect(headers).toMatchObject({
        ...SECURITY_HEADERS,
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        etag: expect.stringMatching(/^"[\w-]{43}"$/),
      });
    },
  );

  test('is not sent again to a browser that has it', async () => {
    const { etag = '' } = (await app.inject('/')).headers;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const { statusCode, body, headers } = await app.inject({
        url: '/j/7M2XJD',
        headers: { 'if-none-match': known },
      });
      expect([statusCode, body, headers.etag]).toEqual([304, '', etag]);
    }
    const changed = await app.inject({ url: '/', headers: { 'if-none-match': '"other"' } });
    expect(changed.statusCode).toBe(200);
  });

  test('has the same headers for HEAD, without a body', async () => {
    const full = await app.inject('/');
    const head = await app.inject({ method: 'HEAD', url: '/' });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    for (const name of ['content-length', 'etag', 'content-type']) {
      expect(head.headers[name]).toBe(full.headers[name]);
    }
  });

  test.each(['/index.html', '/j', '/j/7M2XJD/x', '/host', '/unknown'])(
    'is not at %s, which is refused with a reason',
    async (url) => {
      const response = await app.inject(url);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toMatchObject({ error: { data: { reason: 'INVALID_INPUT' } } });
    },
  );

  test('takes no other method', async () => {
    const response = await app.inject({ method: 'POST', url: '/', payload: {} });
    expect(response.statusCode).toBe(404);
  });
});

describe('the public URL of the page', () => {
  test('cannot end its attribute', async () => {
    const publicUrl = `https://a.example/"><script src='x'>&amp;$&`;
    const other = await build({ publicUrl });
    onTestFinished(() => other.close());
    const { body } = await other.inject('/');
    expect(body).toBe(page(`https://a.example/&quot;&gt;&lt;script src='x'&gt;&amp;amp;$&amp;`));
  });

  const network = Object.values(networkInterfaces())
    .flat()
    .find((found) => found?.family === 'IPv4' && !found.internal)?.address;

  test.each([
    ['0.0.0.0', true, (of: string) => (network === undefined ? '' : `http://${network}:${of}`)],
    ['127.0.0.1', true, () => ''],
    ['0.0.0.0', false, () => ''],
  ])(
    'without PUBLIC_URL, listening on %s, is the address of the machine if others reach it (%s)',
    async (host, isInNetwork, expected) => {
      const other = await build({ publicUrl: undefined, isInNetwork });
      onTestFinished(() => other.close());
      const address = new URL(await other.listen({ host, port: 0 }));
      expect((await other.inject('/')).body).toBe(page(expected(address.port)));
    },
  );
});

describe('an overloaded server', () => {
  test('refuses calls, and still serves the page with its files', async () => {
    const busy = await build({});
    onTestFinished(() => busy.close());
    busy.isUnderPressure = () => true;
    expect((await busy.inject('/openapi.json')).statusCode).toBe(503);
    for (const url of ['/', '/j/7M2XJD', SCRIPT, '/favicon.svg']) {
      expect([url, (await busy.inject(url)).statusCode]).toEqual([url, 200]);
    }
  });
});

describe('an asset', () => {
  test('is stored for a year, and sent compressed to a browser that can read it', async () => {
    const plain = await app.inject(SCRIPT);
    expect([plain.statusCode, plain.body]).toEqual([200, CODE]);
    expect(plain.headers).toMatchObject({
      ...SECURITY_HEADERS,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringMatching(/^(text|application)\/javascript; charset=utf-8$/),
      vary: expect.stringContaining('accept-encoding'),
    });
    const gzip = { 'accept-encoding': 'gzip, deflate, br' };
    const compressed = await app.inject({ url: SCRIPT, headers: gzip });
    expect(gunzipSync(compressed.rawPayload).toString()).toBe(CODE);
    expect(compressed.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': plain.headers['content-type'],
      'cache-control': plain.headers['cache-control'],
    });
  });

  test('answers HEAD and conditional requests', async () => {
    const head = await app.inject({ method: 'HEAD', url: SCRIPT });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(CODE.length));
    const again = await app.inject({
      url: SCRIPT,
      headers: { 'if-none-match': String(head.headers.etag) },
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  test('outside of the assets, such as the icon, is stored for an hour', async () => {
    const { statusCode, headers } = await app.inject('/favicon.svg');
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=3600',
      'content-type': 'image/svg+xml',
      'content-security-policy': SECURITY_HEADERS['content-security-policy'],
    });
  });

  test('is counted by route, and not as a call', async () => {
    await app.inject(SCRIPT);
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(/classroom_http_requests_total\{route="\/assets\/:file",status="200"\} /);
    expect(body).not.toMatch(/^classroom_call_duration_seconds_count/m);
  });

  test.each([
    '/assets/',
    '/assets/unknown.js',
    `${SCRIPT}.gz`,
    '/assets/nested',
    '/assets/nested/a.js',
    '/assets/nested%2fa.js',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/%00',
    '/assets/index.html%00.js',
    '/../secret.txt',
    '//secret.txt',
    '/%2e%2e%2fsecret.txt',
    `/.${SCRIPT}`,
    `/assets/%2f${SCRIPT}`,
  ])('that the build does not have, %s, is refused with a reason', async (target) => {
    const { status, body } = await getRaw(target);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ error: { data: { reason: 'INVALID_INPUT' } } });
    expect(body).not.toContain(SECRET);
  });
});

/** Sends the target as it is: `inject` and fetch would remove its dots. */
async function getRaw(target: string): Promise<{ status: number | undefined; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: target, agent: false };
    get(options, resolve).once('error', reject);
  });
  return { status: response.statusCode, body: await text(response) };
}

describe('without a build', () => {
  test.each([path.join(directory, 'missing'), directory])(
    'the server starts, logs one line, and the pages say how to build it',
    async (webDirectory) => {
      logged.length = 0;
      const unbuilt = await build({ webDirectory });
      onTestFinished(() => unbuilt.close());
      const expected = /^The web app is not built; run "npx --yes pnpm@[\d.]+ build"/;
      expect(logged.filter((line) => line.includes('web app'))).toHaveLength(1);
      for (const url of ['/', '/j/7M2XJD']) {
        const response = await unbuilt.inject(url);
        expect(response.statusCode).toBe(404);
        expect(response.json().error.message).toMatch(expected);
      }
      expect((await unbuilt.inject('/livez')).statusCode).toBe(200);
    },
  );
});
