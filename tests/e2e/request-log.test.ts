import { printed } from '@classroom/api/start';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSession, fetchServed, useApi } from '../src/client.ts';
import { openServedStream, type RawListener, streamRequest } from '../src/raw-http.ts';
import { GUESSES, inOneWindow, reasonFrom, sendCodesFrom, WRONG_CODE } from '../src/wrong-codes.ts';

const { api, as } = await useApi({
  RATE_LIMITS: 'on',
  TRUST_PROXY: '127.0.0.1/32',
  LOG_LEVEL: 'trace',
});

const ADDRESS = '203.0.113.7';
const json = { 'content-type': 'application/json' };

const logLine = z.strictObject({
  level: z.literal(30),
  time: z.iso.datetime(),
  reqId: z.uuid(),
  method: z.string(),
  route: z.string().optional(),
  procedure: z.string().optional(),
  status: z.number(),
  reason: z.string().optional(),
  ms: z.int(),
  address: z.string().regex(/^[\da-f]{16}$/),
});

/** Waits for the log line of a request. */
async function lineOf(requestId: string | null): Promise<z.infer<typeof logLine>> {
  const line = await printed(api, new RegExp(`\\n(.*"reqId":"${requestId}","method":.*)\\n`));
  return logLine.parse(JSON.parse(line));
}

/** Sends a request, and returns its log line. */
async function logged(path: string, init: RequestInit = {}, from = ADDRESS) {
  const headers = { ...Object.fromEntries(new Headers(init.headers)), 'x-forwarded-for': from };
  const response = await fetchServed(api.url + path, { ...init, headers });
  await response.arrayBuffer();
  return await lineOf(response.headers.get('x-request-id'));
}

/** The part of a log line that the request determines. */
async function summary(line: ReturnType<typeof lineOf>) {
  const { level: _, time: _time, reqId: _id, ms: _ms, address: _address, ...rest } = await line;
  return rest;
}

const get = (...codes: string[]) => {
  const inputs = Object.fromEntries(codes.map((code, n) => [n, { code }]));
  const query = new URLSearchParams({ batch: '1', input: JSON.stringify(inputs) });
  return `${codes.map(() => 'sessions.get').join(',')}?${query.toString()}`;
};

describe('the log line of', () => {
  test('a call has its procedure and no reason', async () => {
    const body = JSON.stringify({ title: 'Algebra I', hostDisplayName: crypto.randomUUID() });
    const line = logged('/trpc/sessions.create', { method: 'POST', headers: json, body });
    const procedure = 'sessions.create';
    expect(await summary(line)).toEqual({
      method: 'POST',
      route: '/trpc/:path',
      procedure,
      status: 200,
    });
  });

  test('a call that fails has the reason', async () => {
    const body = JSON.stringify({ code: WRONG_CODE, displayName: 'Ben' });
    const line = logged('/trpc/sessions.join', { method: 'POST', headers: json, body });
    expect(await summary(line)).toEqual({
      method: 'POST',
      route: '/trpc/:path',
      procedure: 'sessions.join',
      status: 404,
      reason: 'SESSION_NOT_FOUND',
    });
  });

  test('a batch has each known procedure and each reason once', async () => {
    const { code } = await createSession(api);
    const inputs = { 0: { code }, 1: { code: WRONG_CODE }, 2: { code }, 3: { code: WRONG_CODE } };
    const query = new URLSearchParams({ batch: '1', input: JSON.stringify(inputs) });
    const paths = 'sessions.get,sessions.get,sessions.me,sessions.get,questions.canary';
    const expected = {
      method: 'GET',
      route: '/trpc/:path',
      procedure: 'sessions.get,sessions.me',
      status: 207,
      reason: expect.any(String),
    };
    for (const headers of [{}, { 'trpc-accept': 'application/jsonl' }]) {
      const line = await summary(logged(`/trpc/${paths}?${query.toString()}`, { headers }));
      // A batch that is streamed responds before it has the outcomes.
      expect(line).toEqual({ ...expected, status: 'trpc-accept' in headers ? 200 : 207 });
      const reasons = ['INVALID_INPUT', 'SESSION_NOT_FOUND', 'UNAUTHENTICATED'];
      expect(line.reason?.split(',').toSorted()).toEqual(reasons);
    }
  });

  test('a code that is refused without guesses left has RATE_LIMITED', async () => {
    await inOneWindow(async (network) => {
      const address = `10.${network}.0.1`;
      // A busy server may refuse some before they count.
      do await sendCodesFrom(api, address, GUESSES);
      while ((await reasonFrom(api, address)) !== 'RATE_LIMITED');
      expect(await summary(logged(`/trpc/${get(WRONG_CODE)}`, {}, address))).toEqual({
        method: 'GET',
        route: '/trpc/:path',
        procedure: 'sessions.get',
        status: 429,
        reason: 'RATE_LIMITED',
      });
    });
  });

  test.each([
    ['an unknown route', '/canary', {}, { status: 404, reason: 'INVALID_INPUT' }],
    [
      'an unknown procedure',
      '/trpc/sessions.canary',
      {},
      { route: '/trpc/:path', status: 404, reason: 'INVALID_INPUT' },
    ],
    [
      'a body that is not JSON',
      '/trpc/sessions.create',
      { method: 'POST', headers: json, body: '{canary' },
      { route: '/trpc/:path', procedure: 'sessions.create', status: 400, reason: 'INVALID_INPUT' },
    ],
    [
      'an unsupported media type',
      '/trpc/sessions.create',
      { method: 'POST', headers: { 'content-type': 'text/canary' }, body: '{}' },
      { route: '/trpc/:path', procedure: 'sessions.create', status: 415, reason: 'INVALID_INPUT' },
    ],
    [
      'a batch that is too large',
      `/trpc/${Array(11).fill('sessions.get').join(',')}?batch=1`,
      {},
      { route: '/trpc/:path', procedure: 'sessions.get', status: 400, reason: 'INVALID_INPUT' },
    ],
    [
      'a foreign origin',
      '/api/sessions/CDFGH2',
      { headers: { origin: 'https://foreign.example' } },
      {
        route: '/api/sessions/:code',
        procedure: 'sessions.get',
        status: 403,
        reason: 'FORBIDDEN',
      },
    ],
    [
      'a REST call',
      '/api/sessions/AAAAAA',
      {},
      {
        route: '/api/sessions/:code',
        procedure: 'sessions.get',
        status: 404,
        reason: 'SESSION_NOT_FOUND',
      },
    ],
    [
      'a REST call with an invalid body',
      '/api/sessions',
      { method: 'POST', headers: json, body: '{}' },
      {
        route: '/api/sessions',
        procedure: 'sessions.create',
        status: 400,
        reason: 'INVALID_INPUT',
      },
    ],
    ['the health check', '/livez', {}, { route: '/livez', status: 200 }],
  ])('%s is complete, without data of the caller', async (_, path, init: RequestInit, expected) => {
    const line = logged(path, init);
    expect(await summary(line)).toEqual({ method: init.method ?? 'GET', ...expected });
    expect(api.output()).not.toContain('canary');
  });
});

describe('the log line of a live stream', () => {
  const requestIdOf = (stream: RawListener) =>
    /^x-request-id: (\S+)\r$/im.exec(stream.received())?.[1] ?? '';
  const events = { method: 'GET', route: '/trpc/:path', procedure: 'sessions.events', status: 200 };
  const rest = { ...events, route: '/api/sessions/:code/events' };
  const restRequest = (code: string, token: string) => ({
    method: 'GET',
    path: `/api/sessions/${code}/events`,
    token,
  });

  test.each([
    ['tRPC', streamRequest, events],
    ['REST', restRequest, rest],
  ])('of %s follows its end, by either side', async (_, request, expected) => {
    const { code, hostToken } = await createSession(api);
    using left = await openServedStream(api.url, request(code, hostToken));
    using ended = await openServedStream(api.url, request(code, hostToken));
    for (const stream of [left, ended]) await stream.until('"type":"snapshot"');
    expect(api.output()).not.toContain(requestIdOf(left));
    await left.disconnect('reset');
    expect(await summary(lineOf(requestIdOf(left)))).toEqual(expected);
    expect(api.output()).not.toContain(requestIdOf(ended));
    await as(hostToken).sessions.end.mutate({ code });
    await ended.closed;
    expect(await summary(lineOf(requestIdOf(ended)))).toEqual(expected);
    // Once each.
    const lines = api.output().split('\n');
    for (const stream of [left, ended]) {
      expect(lines.filter((line) => line.includes(requestIdOf(stream)))).toHaveLength(1);
    }
  });

  test('has the reason of its refusal', async () => {
    const { code } = await createSession(api);
    using trpc = await openServedStream(api.url, streamRequest(code, 'unknown'));
    using other = await openServedStream(api.url, restRequest(code, 'unknown'));
    for (const stream of [trpc, other]) await stream.closed;
    const reason = 'UNAUTHENTICATED';
    expect(await summary(lineOf(requestIdOf(trpc)))).toEqual({ ...events, reason });
    expect(await summary(lineOf(requestIdOf(other)))).toEqual({ ...rest, status: 401, reason });
  });

  test('has the reason of its end', async () => {
    const { code, hostToken } = await createSession(api);
    const ben = await as().sessions.join.mutate({ code, displayName: 'Ben' });
    using stream = await openServedStream(api.url, streamRequest(code, ben.participantToken));
    await stream.until('"type":"snapshot"');
    const participantId = ben.participant.id;
    await as(hostToken).sessions.removeParticipant.mutate({ code, participantId });
    await stream.closed;
    const reason = 'UNAUTHENTICATED';
    expect(await summary(lineOf(requestIdOf(stream)))).toEqual({ ...events, reason });
  });
});

test('the address in log lines is a hash, equal for requests of one address', async () => {
  const { address } = await logged('/livez', {}, '203.0.113.20');
  expect((await logged('/canary', {}, '203.0.113.20')).address).toBe(address);
  expect((await logged('/livez', {}, '::ffff:203.0.113.20')).address).toBe(address);
  expect((await logged('/livez', {}, '203.0.113.21')).address).not.toBe(address);
  const network = (await logged('/livez', {}, '2001:db8:1:2::3')).address;
  expect((await logged('/livez', {}, '2001:db8:1:2::4')).address).toBe(network);
  expect((await logged('/livez', {}, '2001:db8:1:3::3')).address).not.toBe(network);
  for (const clear of ['203.0.113', '2001:db8']) expect(api.output()).not.toContain(clear);
});
