import { insertSession } from '@classroom/db';
import { createTestDatabase, newSession, useTestDatabase } from '@classroom/db/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

const logged: string[] = [];
const log = (line: string) => void logged.push(line);

const database = await useTestDatabase();
const app = await buildTestApp(database, log);
afterAll(() => app.close());

const create = '/trpc/sessions.create';
const json = { 'content-type': 'application/json' };
const body = { title: 'Algebra I', hostDisplayName: 'Ada' };

async function post(url: string, payload: unknown, headers: Record<string, string> = json) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return await app.inject({ method: 'POST', url, headers, payload: text });
}

async function sessions(): Promise<number> {
  return (await database.db.selectFrom('sessions').select('id').execute()).length;
}

/** Sends a request and asserts that it wrote nothing. */
async function refused(send: () => Promise<Awaited<ReturnType<typeof app.inject>>>) {
  const before = await sessions();
  const response = await send();
  expect(await sessions()).toBe(before);
  return response;
}

describe('the media type', () => {
  test.each([
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/octet-stream', 'abc'],
    ['text/plain', JSON.stringify(body)],
    ['application/x-www-form-urlencoded', 'title=a'],
    ['application/jsonp', JSON.stringify(body)],
    ['text/plain; application/json', JSON.stringify(body)],
  ])('%s is refused before it is parsed', async (type, payload) => {
    const response = await refused(() => post(create, payload, { 'content-type': type }));
    expect(response.statusCode).toBe(415);
    expect(response.json()).toMatchObject({ error: { data: { reason: 'INVALID_INPUT' } } });
  });

  test('a body without a media type is refused', async () => {
    const response = await refused(() => post(create, body, {}));
    expect(response.statusCode).toBe(415);
  });

  test('application/json is accepted in any case and with parameters', async () => {
    const response = await post(
      create,
      { ...body, hostDisplayName: 'Type' },
      {
        'content-type': 'Application/JSON; charset=utf-8',
      },
    );
    expect(response.statusCode).toBe(200);
  });
});

describe('batches', () => {
  test.each([11, 1000])('a batch of %i calls is refused and executes no call', async (size) => {
    const path = Array(size).fill('sessions.create').join(',');
    const inputs = Object.fromEntries(Array.from({ length: size }, (_, n) => [n, body]));
    const response = await refused(() => post(`/trpc/${path}?batch=1`, inputs));
    expect(response.statusCode).toBe(400);
  });

  test('a batch of ten calls is served', async () => {
    const path = Array(10).fill('sessions.get').join(',');
    const input = encodeURIComponent(JSON.stringify({ 0: { code: 'CDFGH2' } }));
    const response = await app.inject(`/trpc/${path}?batch=1&input=${input}`);
    expect(response.json()).toHaveLength(10);
  });
});

describe('bodies', () => {
  test('a body over 16 KiB is refused', async () => {
    const payload = JSON.stringify({ ...body, title: 'a'.repeat(16 * 1024) });
    const response = await refused(() => post(create, payload));
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ error: { data: { code: 'PAYLOAD_TOO_LARGE' } } });
  });

  test.each([
    ['that is not JSON', '{"title": secret'],
    ['with __proto__', '{"__proto__":{"title":"a"},"title":"a","hostDisplayName":"b"}'],
    [
      'with constructor.prototype',
      '{"title":"a","hostDisplayName":"b","x":{"constructor":{"prototype":{}}}}',
    ],
    ['that is not an object', '"secret"'],
    ['that is empty', ''],
  ])('a body %s is refused and appears in neither response nor log', async (_, payload) => {
    const response = await refused(() => post(create, payload));
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ error: { data: { reason: 'INVALID_INPUT' } } });
    expect(response.body).not.toContain('secret');
    expect(logged.join('')).not.toContain('secret');
  });

  test('fieldErrors lists the messages by field', async () => {
    const response = await refused(() => post(create, { title: '\u0000', hostDisplayName: 5 }));
    expect(response.json()).toMatchObject({
      error: {
        data: {
          code: 'BAD_REQUEST',
          httpStatus: 400,
          reason: 'INVALID_INPUT',
          fieldErrors: { title: [expect.any(String)], hostDisplayName: [expect.any(String)] },
        },
      },
    });
  });
});

describe('errors reveal no internals', () => {
  test('a defect is INTERNAL with a request id, under which its cause is logged', async () => {
    await using broken = await createTestDatabase();
    await broken.db.schema.dropTable('session_participants').cascade().execute();
    const brokenApp = await buildTestApp(broken, log);
    const response = await brokenApp.inject({
      method: 'POST',
      url: create,
      headers: json,
      payload: { title: 'canary-title', hostDisplayName: 'canary-name' },
    });
    await brokenApp.close();

    expect(response.statusCode).toBe(500);
    const requestId = response.headers['x-request-id'];
    expect(response.json()).toEqual({
      error: {
        message: 'Internal server error; the server logged its cause under requestId',
        code: -32603,
        data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, reason: 'INTERNAL', requestId },
      },
    });
    const lines = logged.filter((line) => line.includes(String(requestId))).join('');
    expect(lines).toContain('42P01');
    expect(lines).not.toContain('canary');
  });

  test.each([
    ['an unknown procedure', 'GET', '/trpc/sessions.secret', 404],
    ['an unknown path', 'GET', '/secret', 404],
    ['a query for a mutation', 'GET', create, 405],
    ['a malformed path', 'GET', '/trpc/%zz-secret', 400],
    ['input that is not JSON', 'GET', '/trpc/sessions.get?input=secret', 400],
  ] as const)('%s is INVALID_INPUT and not logged', async (_, method, url, status) => {
    const response = await app.inject({ method, url });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ error: { data: { reason: 'INVALID_INPUT' } } });
    expect(response.body).not.toContain('secret');
    expect(logged.join('')).not.toContain('secret');
  });
});

test.each(['/livez', '/api/sessions/AAAAAA', '/unknown', '/%zz'])(
  'the response to %s has exactly these headers',
  async (url) => {
    const { vary: _, ...headers } = (await app.inject(url)).headers;
    expect(headers).toEqual({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-request-id': expect.any(String),
      connection: 'keep-alive',
      'content-length': expect.any(String),
      'content-type': 'application/json; charset=utf-8',
      date: expect.any(String),
    });
  },
);

const posted = { method: 'POST', url: create, headers: json, payload: '{}' } as const;

test('the message about a wrong pairing code says so', async () => {
  const session = newSession();
  await insertSession(database.db, session);
  const { code } = session;
  const response = await post('/trpc/sessions.redeemPairingCode', {
    code,
    pairingCode: 'AAAAAAAA',
  });
  const message = expect.stringMatching(/^The pairing code is wrong/);
  expect(response.json()).toMatchObject({
    error: { message, data: { reason: 'UNAUTHENTICATED' } },
  });
});

test('a missing field is reported as required', async () => {
  const response = await app.inject(posted);
  const fieldErrors = { title: ['Required'], hostDisplayName: ['Required'] };
  expect(response.json()).toMatchObject({ error: { data: { fieldErrors } } });
});

test('/readyz is 200 while the database is reachable', async () => {
  expect((await app.inject('/readyz')).statusCode).toBe(200);
});

test('a body that is not UTF-8 is refused', async () => {
  const before = await sessions();
  const payload = Buffer.concat([
    Buffer.from('{"title":"a'),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('","hostDisplayName":"Ada"}'),
  ]);
  for (const url of [create, '/api/sessions']) {
    const response = await app.inject({ method: 'POST', url, headers: json, payload });
    expect(response.statusCode).toBe(400);
    expect(response.body).toContain('"reason":"INVALID_INPUT"');
  }
  expect(await sessions()).toBe(before);
});
