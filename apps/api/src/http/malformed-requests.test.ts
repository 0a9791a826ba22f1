import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

const app = await buildTestApp(await useTestDatabase());
afterAll(() => app.close());
const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);

interface RawResponse {
  status: number;
  body: string;
}

/** Sends raw bytes, and reads all responses until the server closes the connection. */
async function exchange(bytes: string): Promise<RawResponse[]> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return parse((await buffer(socket)).toString('latin1'));
}

function parse(received: string): RawResponse[] {
  if (received === '') return [];
  const [head = ''] = received.split('\r\n\r\n', 1);
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
  const [, length] = /^content-length: (\d+)$/im.exec(head) ?? [];
  if (length === undefined) throw new Error(`No content-length in:\n${head}`);
  const start = head.length + 4;
  const end = start + Number(length);
  return [
    { status: Number(status), body: received.slice(start, end) },
    ...parse(received.slice(end)),
  ];
}

const refusal = (httpStatus: number) => ({
  data: { code: 'BAD_REQUEST', reason: 'INVALID_INPUT', httpStatus, fieldErrors: {} },
});

const OVERSIZED = `GET /livez HTTP/1.1\r\nHost: a\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`;
const CHUNKED =
  'POST /api/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

test.concurrent.each([
  ['without a Host', 400, 'Host', 'GET /livez HTTP/1.1\r\n\r\n'],
  ['with an invalid Host', 400, 'Host', 'GET /livez HTTP/1.1\r\nHost: [\r\n\r\n'],
  [
    'with an unknown Expect',
    417,
    'Expect',
    'GET /livez HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n\r\n',
  ],
  [
    'with a fragment',
    400,
    'fragment',
    'GET /trpc/sessions.get#x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  ],
  ['that is not HTTP', 400, 'HTTP/1.1', 'nonsense\r\n\r\n'],
  ['with an oversized head', 431, '32 KiB', OVERSIZED],
  ['with a malformed chunk', 400, 'HTTP/1.1', `${CHUNKED}zz\r\n`],
  ['whose head is never complete', 408, 'in time', 'GET /livez HTTP/1.1\r\nHost: a\r\nx:'],
])('a request %s is refused with its cause', async (_, status, cause, bytes) => {
  const [response, ...others] = await exchange(bytes);
  expect(others).toEqual([]);
  expect(response?.status).toBe(status);
  const message = expect.stringContaining(cause);
  expect(JSON.parse(response?.body ?? '')).toMatchObject({
    error: { ...refusal(status), message },
  });
});

test('under /api the reason has the format of REST', async () => {
  const [response] = await exchange('GET /api/sessions/AAAAAA HTTP/1.1\r\n\r\n');
  expect(JSON.parse(response?.body ?? '')).toMatchObject(refusal(400));
});

test.each([
  ['HTTP/1.0 needs no Host', 'GET /livez HTTP/1.0\r\n\r\n'],
  ['a Host may be empty', 'GET /livez HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
])('%s', async (_, bytes) => {
  expect(await exchange(bytes)).toEqual([{ status: 200, body: '{"status":"ok"}' }]);
});

test.each([
  ['garbage', 'garbage\r\n\r\n'],
  ['a malformed body', `${CHUNKED}zz\r\n`],
  ['an oversized head', OVERSIZED],
])('requests before %s get their responses first and in order', async (_, malformed) => {
  const [ready, missing, refused, ...others] = await exchange(
    `GET /readyz HTTP/1.1\r\nHost: a\r\n\r\nGET /api/sessions/AAAAAA HTTP/1.1\r\nHost: a\r\n\r\n${malformed}`,
  );
  expect(ready).toEqual({ status: 200, body: '{"status":"ok"}' });
  expect(missing?.body).toContain('SESSION_NOT_FOUND');
  expect(refused?.body).toContain('"reason":"INVALID_INPUT"');
  expect(others).toEqual([]);
});

test('a refusal does not interrupt a response that is being written', async () => {
  const { body } = await app.inject('/docs/');
  const [, script = ''] = /<script src="([^"]+)"/.exec(body) ?? [];
  const expected = await app.inject(`/docs/${script}`);
  const [whole, refused] = await exchange(
    `GET /docs/${script} HTTP/1.1\r\nHost: a\r\n\r\ngarbage\r\n\r\n`,
  );
  expect(whole?.status).toBe(200);
  expect(whole?.body === expected.rawPayload.toString('latin1')).toBe(true);
  expect(refused?.status).toBe(400);
});
