import { createdSession, joinedSession } from '@classroom/schema';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fetchServed, sessionInput, useApi } from '../src/client.ts';
import { times } from '../src/load.ts';
import { createRestCaller, fetchDocument, restError } from '../src/rest-caller.ts';
import { startApi } from '@classroom/api/start';

const { database, api, as } = await useApi();
const call = createRestCaller(api.url, await fetchDocument(api.url));

async function create() {
  const { body } = await call('POST /api/sessions', { body: sessionInput() });
  const { hostToken: token, ...session } = createdSession.parse(body);
  return { session, at: `/api/sessions/${session.code}`, token };
}

/** Expects a refusal, and returns its body. */
async function refusal(...request: Parameters<typeof call>) {
  const { status, body } = await call(...request);
  expect(status).toBeGreaterThanOrEqual(400);
  return restError.parse(body);
}

/** Joins as Grace, and returns the participant with the token. */
async function join(at: string) {
  const response = await call(`POST ${at}/participants`, { body: { displayName: 'Grace' } });
  expect(response.status).toBe(201);
  return joinedSession.parse(response.body);
}

const send = (route: string, init: RequestInit) => fetchServed(`${api.url}${route}`, init);
const json = { 'content-type': 'application/json' };
const countSessions = async () =>
  (await database.db.selectFrom('sessions').select('id').execute()).length;

describe('the life of a session', () => {
  test('runs from creation to deletion with the outputs of tRPC', async () => {
    const { session, at, token } = await create();
    expect(session).toMatchObject({ id: expect.any(Number), status: 'draft' });
    const anyone = as();
    expect(await anyone.sessions.get.query({ code: session.code })).toEqual(session);
    const typed = `${session.code.slice(0, 3)}-${session.code.slice(3)}`.toLowerCase();
    expect((await call(`GET /api/sessions/${typed}`)).body).toEqual(session);

    const started = await call(`POST ${at}/start`, { token });
    expect(started).toMatchObject({ status: 200, body: { status: 'active' } });
    const prolonged = await call(`POST ${at}/prolong`, { token });
    expect(prolonged).toMatchObject({ status: 200, body: { code: session.code } });
    const ended = await call(`POST ${at}/end`, { token, headers: json });
    expect(ended.body).toMatchObject({ status: 'ended' });
    expect((await refusal(`GET ${at}`)).data.reason).toBe('SESSION_NOT_FOUND');
    expect((await call(`GET ${at}`, { token })).body).toEqual(ended.body);
    expect((await call(`DELETE ${at}`, { token })).body).toEqual({ code: session.code });
    expect((await call(`GET ${at}`, { token })).status).toBe(404);
  });

  test('includes participants who join, are listed page by page, and are removed', async () => {
    const { at, token } = await create();
    const { participant, participantToken } = await join(at);
    expect(participant.role).toBe('participant');

    const first = await call(`GET ${at}/participants?limit=1`, { token: participantToken });
    expect(first.body).toMatchObject({ items: [{ role: 'host' }], nextCursor: expect.any(String) });
    const { nextCursor } = z.object({ nextCursor: z.string() }).parse(first.body);
    const cursor = encodeURIComponent(nextCursor);
    const second = await call(`GET ${at}/participants?limit=1&cursor=${cursor}`, { token });
    expect(second.body).toEqual({ items: [participant], nextCursor: null });

    const removed = await call(`DELETE ${at}/participants/${participant.id}?block=false`, {
      token,
    });
    expect(removed.body).toEqual({ participantId: participant.id, blocked: false });
    const { id } = (await join(at)).participant;
    const blocked = await call(`DELETE ${at}/participants/${id}?block=true`, { token });
    expect(blocked.body).toEqual({ participantId: id, blocked: true });
    const late = await refusal(`POST ${at}/participants`, { body: { displayName: 'Grace' } });
    expect(late.data.reason).toBe('FORBIDDEN');
  });

  test('includes a second device of the host', async () => {
    const { session, at, token } = await create();
    const pairing = await call(`POST ${at}/pairing-codes`, { token });
    expect(pairing).toMatchObject({ status: 201, body: { expiresAt: expect.any(String) } });
    const { pairingCode } = z.object({ pairingCode: z.string() }).parse(pairing.body);
    const paired = await call(`POST ${at}/pairing-codes/redeem`, { body: { pairingCode } });
    expect(paired).toMatchObject({ status: 200, body: { session } });
    const { hostToken } = z.object({ hostToken: z.string() }).parse(paired.body);
    const started = await call(`POST ${at}/start`, { token: hostToken });
    expect(started.body).toMatchObject({ status: 'active' });
  });
});

describe('an error', () => {
  test('has the reason, code, status, message and details of tRPC', async () => {
    const body = sessionInput();
    for (let n = 0; n < 3; n += 1) await call('POST /api/sessions', { body });
    const { status, body: error } = await call('POST /api/sessions', { body });
    const { message, code, data } = restError.parse(error);
    const failure: unknown = await as()
      .sessions.create.mutate(body)
      .catch((thrown: unknown) => thrown);
    expect(status).toBe(409);
    expect(failure).toMatchObject({ message, data });
    expect(code).toBe('CONFLICT');
    expect(data).toMatchObject({ reason: 'HOST_SESSION_LIMIT', limit: 3 });
  });

  test('names each invalid field of path, query and body', async () => {
    const { at, token } = await create();
    const fieldErrors = async (route: string, options = {}) => {
      const { data } = await refusal(route, options);
      expect(data).toMatchObject({ reason: 'INVALID_INPUT', httpStatus: 400 });
      return Object.keys(data.fieldErrors ?? {});
    };
    expect(await fieldErrors('POST /api/sessions', { body: { title: ' ' } })).toEqual([
      'title',
      'hostDisplayName',
    ]);
    expect(await fieldErrors('POST /api/sessions', { body: ['secret'] })).toEqual(['input']);
    expect(await fieldErrors('GET /api/sessions/a')).toEqual(['code']);
    expect(await fieldErrors(`GET ${at}/participants?limit=1e1`, { token })).toEqual(['limit']);
    expect(await fieldErrors(`GET ${at}/participants?limit=1&limit=2`, { token })).toEqual([
      'limit',
    ]);
    const member = `DELETE ${at}/participants`;
    expect(await fieldErrors(`${member}/first`, { token })).toEqual(['participantId']);
    expect(await fieldErrors(`${member}/1?block=yes`, { token })).toEqual(['block']);
  });

  test('has status 401 for a missing or unknown token, and 403 for a foreign one', async () => {
    const { at } = await create();
    const { token } = await create();
    expect(await call(`POST ${at}/start`)).toMatchObject({ status: 401 });
    expect(await call(`POST ${at}/start`, { token: 'unknown' })).toMatchObject({ status: 401 });
    expect(await call(`POST ${at}/start`, { token })).toMatchObject({ status: 403 });
  });

  test('reports numbers and booleans sent as text over tRPC, also after REST accepted them in a URL', async () => {
    const { session, at, token } = await create();
    await call(`DELETE ${at}/participants/1?block=false`, { token });
    const response = await send('/trpc/sessions.removeParticipant', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: JSON.stringify({ code: session.code, participantId: '1', block: 'false' }),
    });
    const fieldErrors = { participantId: [expect.any(String)], block: [expect.any(String)] };
    expect(await response.json()).toMatchObject({ error: { data: { fieldErrors } } });
  });

  test('has a Retry-After for wrong codes above the limit', async () => {
    await using limited = await startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on' });
    const callLimited = createRestCaller(limited.url, await fetchDocument(limited.url));
    const wrong = times(100).map(() => callLimited('GET /api/sessions/AAAAAA'));
    await Promise.all(wrong);
    const { status, headers, body } = await callLimited('GET /api/sessions/AAAAAA');
    const { data } = restError.parse(body);
    expect({ status, reason: data.reason }).toEqual({ status: 429, reason: 'RATE_LIMITED' });
    expect(Number(headers.get('retry-after'))).toBe(data.retryAfterSeconds);
  });
});

test('a parameter of the path takes precedence over a field of the body', async () => {
  const { at } = await create();
  const { session } = await create();
  const body = { displayName: 'Grace', code: session.code };
  const { body: joined } = await call(`POST ${at}/participants`, { body });
  expect(at).toContain(joinedSession.parse(joined).session.code);
});

describe('the server refuses before any procedure runs', () => {
  const refusals: [string, number, RequestInit][] = [
    ['multipart', 415, { headers: { 'content-type': 'multipart/form-data; boundary=x' } }],
    ['text', 415, { headers: { 'content-type': 'text/plain' } }],
    ['JSON in disguise', 415, { headers: { 'content-type': 'text/plain; application/json' } }],
    ['no type', 415, { headers: {}, body: Buffer.from('{}') }],
    ['over 16 KiB', 413, { body: JSON.stringify({ ...sessionInput(), x: 'a'.repeat(16 * 1024) }) }],
    ['malformed JSON', 400, { body: '{"title": secret' }],
    ['__proto__', 400, { body: '{"__proto__":{},"title":"a","hostDisplayName":"b"}' }],
    ['a foreign origin', 403, { headers: { ...json, origin: 'https://evil.example' } }],
  ];
  test.each(refusals)('%s with %i', async (_, status, init) => {
    const before = await countSessions();
    const body = JSON.stringify(sessionInput());
    const response = await send('/api/sessions', { method: 'POST', headers: json, body, ...init });
    const error = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(error)).toMatchObject({
      data: { httpStatus: status, reason: expect.any(String) },
    });
    expect(error).not.toContain('secret');
    expect(await countSessions()).toBe(before);
  });

  test('an unknown route and a wrong method with 404', async () => {
    for (const [route, method] of [
      ['/api/secret', 'GET'],
      ['/api/sessions', 'PUT'],
    ] as const) {
      const response = await send(route, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        code: 'NOT_FOUND',
        data: { reason: 'INVALID_INPUT', code: 'NOT_FOUND' },
      });
    }
  });
});

test('a response has a request id and must not be stored', async () => {
  const { headers } = await call('GET /api/sessions/AAAAAA');
  expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  expect(headers.get('cache-control')).toBe('no-store');
});
