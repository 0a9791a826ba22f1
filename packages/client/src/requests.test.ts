import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type ClientOptions, createClient, liveSession, reasonOf } from './index.ts';

/** Receives a request with its body. */
type Listener = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Serves one listener until the end of the test, and returns a client of it. */
async function serve(listener: Listener, options: Partial<ClientOptions> = {}) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => listener(request, response, Buffer.concat(chunks).toString()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return createClient({ url: `http://127.0.0.1:${port}/trpc`, ...options });
}

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: unknown) => error,
  );
const json = { 'content-type': 'application/json' };

test.each([
  ['/trpc', 'relative'],
  ['http://127.0.0.1:3000', 'must end in /trpc'],
  ['http://127.0.0.1:3000/api', 'must end in /trpc'],
  ['127.0.0.1:3000/trpc', 'relative'],
  ['localhost:3000/trpc', 'must start with http:// or https://'],
  ['ws://localhost:3000/trpc', 'must start with http:// or https://'],
  [JSON.parse('{}').url, 'The url is undefined'],
])('the url %s is refused with the cause', (url, cause) => {
  expect(() => createClient({ url })).toThrow(cause);
});

test('a relative url is that of the page', async () => {
  vi.stubGlobal('location', { href: 'https://school.example/lesson', origin: 'null' });
  onTestFinished(() => void vi.unstubAllGlobals());
  const urls: string[] = [];
  const client = createClient({
    url: '/trpc',
    fetch: async (url) => {
      urls.push(new Request(url).url);
      return new Response('[{"result":{"data":null}}]', { headers: json });
    },
  });
  await client.sessions.get.query({ code: 'CDFGH2' });
  expect(urls).toEqual([expect.stringMatching(/^https:\/\/school\.example\/trpc\/sessions\.get/)]);
});

test('a call to a server that stays silent fails with UNAVAILABLE', async () => {
  const client = await serve(() => {}, { timeoutMs: 50 });
  const failure = await failureOf(client.sessions.end.mutate({ code: 'CDFGH2' }));
  expect(reasonOf(failure)).toBe('UNAVAILABLE');
  expect(failure).toMatchObject({ message: expect.stringContaining('within 50 ms') });
});

test('a call whose response stops in the middle fails with UNAVAILABLE', async () => {
  const client = await serve((_, response) => void response.writeHead(200, json).write('[{'), {
    timeoutMs: 50,
  });
  const failure = await failureOf(client.sessions.end.mutate({ code: 'CDFGH2' }));
  expect(reasonOf(failure)).toBe('UNAVAILABLE');
});

const incomplete =
  '[{"error":{"message":"","code":-32600,"data":{"reason":"INVALID_INPUT","httpStatus":408}}}]';

test('a call whose request did not reach the server as a whole fails with UNAVAILABLE', async () => {
  const client = await serve((_, response) => response.writeHead(408, json).end(incomplete));
  const failure = await failureOf(client.sessions.end.mutate({ code: 'CDFGH2' }));
  expect(reasonOf(failure)).toBe('UNAVAILABLE');
});

test.each([
  ['stays silent', () => {}],
  ['loses a request', (response: ServerResponse) => response.writeHead(408, json).end(incomplete)],
])('a subscription reconnects when a connection %s', async (_name, answerFirst) => {
  let requests = 0;
  const errors: unknown[] = [];
  const listener: Listener = (_, response) => {
    requests += 1;
    if (requests === 1) {
      answerFirst(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: connected\ndata: {}\n\nevent: return\ndata:\n\n');
  };
  const client = await serve(listener, { timeoutMs: 200 });
  await new Promise<void>((resolve) => {
    client.sessions.events.subscribe(
      { code: 'CDFGH2' },
      {
        onConnectionStateChange: ({ error }) => error && errors.push(reasonOf(error)),
        onComplete: resolve,
      },
    );
  });
  // On a slow machine, the second connection may take too long as well.
  expect(requests).toBeGreaterThan(1);
  expect(new Set(errors)).toEqual(new Set(['UNAVAILABLE']));
});

test.each([
  [409, json, '{"error":{"message":"","code":-32009,"data":{"reason":"SESSION_FULL"}}}'],
  [404, { 'content-type': 'text/html' }, 'Not found'],
  [404, json, '{"detail":"Not found"}'],
])('a subscription refused with %i ends with its reason', async (status, headers, body) => {
  const client = await serve((_, response) => response.writeHead(status, headers).end(body));
  const failure = await new Promise<unknown>((resolve) => {
    client.sessions.events.subscribe({ code: 'CDFGH2' }, { onError: resolve });
  });
  expect(reasonOf(failure)).toBe(status === 409 ? 'SESSION_FULL' : 'UNAVAILABLE');
});

test('a network error on a page of another origin names CORS_ORIGINS', async () => {
  vi.stubGlobal('location', { href: 'http://localhost:5173/', origin: 'http://localhost:5173' });
  onTestFinished(() => void vi.unstubAllGlobals());
  const client = await serve((_, response) => response.destroy());
  expect(await failureOf(client.sessions.end.mutate({ code: 'CDFGH2' }))).toMatchObject({
    message: expect.stringContaining('add http://localhost:5173 to the server'),
  });
});

test('an HTML response names the wrong URL', async () => {
  const html = { 'content-type': 'text/html' };
  const client = await serve((_, response) => response.writeHead(200, html).end('<!doctype html>'));
  const failure = await failureOf(client.sessions.end.mutate({ code: 'CDFGH2' }));
  expect(reasonOf(failure)).toBe('UNAVAILABLE');
  expect(failure).toMatchObject({ message: expect.stringContaining('not that of the API') });
});

test('additional headers are sent with calls and subscriptions', async () => {
  const received: unknown[] = [];
  const listener: Listener = ({ headers }, response) => {
    received.push([headers['x-school'], headers.authorization]);
    response.writeHead(404, json).end('[{"error":{"message":"","code":-32004,"data":{}}}]');
  };
  const options = { token: 'secret', headers: () => ({ 'x-school': 'Lovelace' }) };
  const client = await serve(listener, options);
  await failureOf(client.sessions.end.mutate({ code: 'CDFGH2' }));
  await new Promise((resolve) => {
    client.sessions.events.subscribe({ code: 'CDFGH2' }, { onError: resolve });
  });
  const sent = ['Lovelace', 'Bearer secret'];
  expect(received).toEqual([sent, sent]);
});

test('without secure random numbers a call has no idempotency key and is not repeated', async () => {
  vi.stubGlobal('crypto', undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const bodies: unknown[] = [];
  const client = await serve((_, response, body) => {
    bodies.push(JSON.parse(body));
    response.destroy();
  });
  const input = { title: 'Algebra I', hostDisplayName: 'Ada' };
  expect(reasonOf(await failureOf(client.sessions.create.mutate(input)))).toBe('UNAVAILABLE');
  expect(bodies).toEqual([{ 0: input }]);
});

test('votes for one question are sent one after another, and those for others are not delayed', async () => {
  const question = (id: number) => ({ questionId: id, on: true });
  const calls: string[] = [];
  let release: (() => void) | undefined;
  const client = await serve((_, response, body) => {
    const ids = Object.values<{ questionId: number; on: boolean }>(JSON.parse(body));
    calls.push(ids.map(({ questionId, on }) => `${questionId} ${on}`).join());
    const results = ids.map(({ on }) => ({ result: { data: { voted: on } } }));
    const respond = () => response.writeHead(200, json).end(JSON.stringify(results));
    if (release === undefined) release = respond;
    else respond();
  });
  const on = client.questions.vote.mutate(question(1));
  const off = client.questions.vote.mutate({ questionId: 1, on: false });
  await expect.poll(() => release).toBeDefined();
  expect(await client.questions.vote.mutate(question(2))).toEqual({ voted: true });
  expect(calls).toEqual(['1 true', '2 true']);
  release?.();
  expect(await on).toEqual({ voted: true });
  expect(await off).toEqual({ voted: false });
  expect(calls).toEqual(['1 true', '2 true', '1 false']);
});

test.each([
  ['404', 404, 'text/plain'],
  ['a page', 200, 'text/html'],
])(
  'a stream that is answered with %s fails with UNAVAILABLE, which names the URL',
  async (_, status, type) => {
    const client = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': type }).end('no events');
    });
    const error = await new Promise<unknown>((resolve) => {
      const onError = resolve;
      client.sessions.events.subscribe({ code: 'CDFGH2' }, { onError, onData: resolve });
    });
    expect(reasonOf(error)).toBe('UNAVAILABLE');
    expect(error).toMatchObject({
      message: expect.stringContaining('this URL is not that of the API'),
    });
  },
);

test('a live session whose server does not respond goes on connecting, and says why', async () => {
  const live = liveSession(createClient({ url: 'http://127.0.0.1:1/trpc' }), { code: 'CDFGH2' });
  onTestFinished(live.subscribe(() => {}));
  await expect
    .poll(() => live.getSnapshot(), { timeout: 30_000 })
    .toMatchObject({ connection: 'connecting', reason: 'UNAVAILABLE' });
});

test('a page of another device is told that a loopback url is the device itself', async () => {
  vi.stubGlobal('location', { href: 'http://192.0.2.2:5173/', origin: 'http://192.0.2.2:5173' });
  onTestFinished(() => void vi.unstubAllGlobals());
  const client = createClient({
    url: 'http://127.0.0.1:3000/trpc',
    fetch: () => Promise.reject(new TypeError('fetch failed')),
  });
  const error = await failureOf(client.sessions.start.mutate({ code: 'CDFGH2' }));
  expect(error).toMatchObject({ message: expect.stringContaining('is the device itself') });
});
