import { once } from 'node:events';
import { createServer as createHTTPServer } from 'node:http';
import { createServer } from 'node:net';
import { expect, expectTypeOf, test } from 'vitest';
import type { CreatedSession, SessionSummary } from '@classroom/schema';
import {
  type Client,
  createClient,
  type ErrorReason,
  reasonOf,
  type RouterInputs,
} from './index.ts';

test('inputs and outputs are typed end to end', () => {
  expectTypeOf<RouterInputs['sessions']['create']>().toEqualTypeOf<{
    title: string;
    hostDisplayName: string;
    moderated?: boolean | undefined;
    idempotencyKey?: string | undefined;
  }>();
  expectTypeOf<
    Client['sessions']['create']['mutate']
  >().returns.resolves.toEqualTypeOf<CreatedSession>();
  expectTypeOf<
    Client['sessions']['get']['query']
  >().returns.resolves.toEqualTypeOf<SessionSummary>();
  expectTypeOf(reasonOf).returns.toEqualTypeOf<ErrorReason | undefined>();
});

test('a refused connection is UNAVAILABLE', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  server.close();
  await once(server, 'close');

  const client = createClient({ url: `http://127.0.0.1:${port}/trpc` });
  const failure: unknown = await client.sessions.get
    .query({ code: 'CDFGH2' })
    .catch((error) => error);
  expect(reasonOf(failure)).toBe('UNAVAILABLE');
});

test('a 502 from a proxy is UNAVAILABLE', async () => {
  const proxy = createHTTPServer((_, response) => response.writeHead(502).end('<html>'));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const client = createClient({ url: `http://127.0.0.1:${port}/trpc` });
  const failure: unknown = await client.sessions.get
    .query({ code: 'CDFGH2' })
    .catch((error: unknown) => error);
  proxy.close();
  expect(reasonOf(failure)).toBe('UNAVAILABLE');
});

test('an error thrown by the token function has no reason', async () => {
  const token = () => {
    throw new TypeError('no token');
  };
  const client = createClient({ url: 'http://127.0.0.1/trpc', token });
  const failure: unknown = await client.sessions.get
    .query({ code: 'CDFGH2' })
    .catch((error: unknown) => error);
  expect(reasonOf(failure)).toBeUndefined();
});
