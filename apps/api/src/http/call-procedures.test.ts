import { randomUUID } from 'node:crypto';
import { createdSession } from '@classroom/schema';
import { newCode, useTestDatabase } from '@classroom/db/testing';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { fastify } from 'fastify';
import { afterAll, afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createContext } from '../context.ts';
import { DomainError, unavailable } from '../errors.ts';
import { noRateLimits } from '../rate-limits/rate-limits.ts';
import { appRouter } from '../router.ts';
import { createTestContext } from '../testing/create-test-context.ts';
import { handleError } from './errors.ts';
import { registerLiveStreams } from './live-streams.ts';
import { registerTrpcRoute } from './trpc-route.ts';

const database = await useTestDatabase();
const stop = new AbortController();
/** Thrown while a session is created. */
let failure: Error | undefined;
afterEach(() => void (failure = undefined));
const context = createTestContext(database, stop.signal, {
  generateJoinCode() {
    if (failure !== undefined) throw failure;
    return newCode();
  },
  rateLimits: {
    ...noRateLimits,
    submissions: {
      consume: () => Promise.reject(new DomainError('RATE_LIMITED', { retryAfterSeconds: 7 })),
      reset: async () => {},
    },
  },
});
const app = fastify({
  genReqId: () => 'request',
  routerOptions: { maxParamLength: 1_000 },
});
app.setErrorHandler(handleError);
await registerTrpcRoute(app, context, registerLiveStreams(app, context));
afterAll(() => app.close().finally(() => stop.abort()));

interface Call {
  method?: 'GET' | 'POST';
  url: string;
  body?: string;
  headers?: Record<string, string>;
}

function toOptions({ method = 'GET', body, headers }: Call) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return { method, headers: { ...type, ...headers } };
}

async function callRoute(call: Call) {
  const { url, body } = call;
  const options = { ...toOptions(call), url, ...(body !== undefined && { payload: body }) };
  const response = await app.inject(options);
  return {
    status: response.statusCode,
    // Fastify adds the charset.
    type: response.headers['content-type']?.toString().split(';')[0],
    allow: response.headers.allow ?? null,
    body: response.body,
    retryAfter: response.headers['retry-after'],
  };
}

/** Makes the same call through tRPC's own adapter. */
async function callReference(call: Call) {
  const { url, body } = call;
  const options = { ...toOptions(call), ...(body !== undefined && { body }) };
  const response = await fetchRequestHandler({
    req: new Request(`http://localhost${url}`, options),
    endpoint: '/trpc',
    router: appRouter,
    maxBatchSize: 10,
    createContext: ({ req }) =>
      createContext(context, {
        id: 'request',
        ip: '127.0.0.1',
        headers: Object.fromEntries(req.headers),
      }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type')?.split(';')[0],
    allow: response.headers.get('allow'),
    body: await response.text(),
  };
}

const errorBody = z.object({ error: z.looseObject({ message: z.string() }) });
const errorsIn = (body: string) => z.array(errorBody).parse([JSON.parse(body)].flat());

async function expectSameResponse(call: Call) {
  const { retryAfter, ...response } = await callRoute(call);
  expect(response).toEqual(await callReference(call));
  return { ...response, retryAfter };
}

const create = () => {
  const idempotencyKey = randomUUID();
  return JSON.stringify({
    title: 'Ü 👩‍🏫',
    hostDisplayName: `Ada ${idempotencyKey}`,
    idempotencyKey,
  });
};
const CREATE = '/trpc/sessions.create';
const first = await callRoute({ method: 'POST', url: CREATE, body: create() });
const { code, hostToken } = z
  .object({ result: z.object({ data: createdSession }) })
  .parse(JSON.parse(first.body)).result.data;
const authorization = { authorization: `Bearer ${hostToken}` };
const jsonLines = { 'trpc-accept': 'application/jsonl' };
const json = { 'content-type': 'application/json' };
const json8 = { 'content-type': 'Application/JSON; charset=utf-8' };
const input = (value: unknown) => encodeURIComponent(JSON.stringify(value));
const GET = '/trpc/sessions.get';
const get = (found: unknown, rest = '') => `${GET}?input=${input({ code: found })}${rest}`;
const two = 'sessions.get,sessions.get';
const ten = Array.from({ length: 10 }, () => 'sessions.get').join(',');
const batch = (paths: string, ...inputs: unknown[]) =>
  `/trpc/${paths}?batch=1&input=${input(Object.fromEntries(inputs.entries()))}`;
const good = { code };

test.each<[string, number, string, Call['headers']?]>([
  ['a query', 200, get(code)],
  ['a query with a token', 200, get(code), authorization],
  ['a query with a JSON content type', 200, get(code), json],
  ['a query for an unknown session', 404, get('CCCCCC')],
  ['a query with an invalid input', 400, get(7)],
  ['a query without input', 400, GET],
  ['a query with an empty input', 400, `${GET}?input=`],
  ['a query with null', 400, `${GET}?input=null`],
  ['a query with an array', 400, `${GET}?input=[]`],
  ['a query with malformed JSON', 400, `${GET}?input={`],
  ['a query with malformed escapes', 400, `${GET}?input=%7B%22code%22:%22%E0%A4%A%22%7D`],
  ['a query with two inputs', 200, get(code, '&input=null')],
  ['a query with other parameters', 200, get(code, '&lastEventId=3&x=1')],
  ['a query with batch=0', 200, get(code, '&batch=0')],
  ['a query with a fragment', 200, get(code, '#x')],
  ['a query with connection parameters', 200, get(code, `&connectionParams=${input({})}`)],
  ['a query with malformed connection parameters', 400, get(code, '&connectionParams=[')],
  ['a query that accepts events', 200, get(code), { accept: 'text/event-stream' }],
  ['a query that accepts JSON lines', 400, get(code), { accept: 'application/jsonl' }],
  ['an escaped path', 200, get(code).replace('.', '%2E')],
  ['a doubly escaped path', 404, get(code).replace('.', '%252E')],
  ['a query without its token', 401, `/trpc/questions.list?input=${input(good)}`],
  ['a mutation by GET', 405, `${CREATE}?input=${input({})}`],
  ['an unknown procedure', 404, '/trpc/sessions.nothing'],
  ['a property of every object', 404, '/trpc/constructor'],
  ['a prototype', 404, '/trpc/__proto__'],
  ['two procedures without batch', 404, `/trpc/${two}`],
  ['a batch of one', 200, batch('sessions.get', good)],
  ['a batch of two', 200, batch(two, good, good)],
  ['a batch of ten', 200, batch(ten, ...Array.from({ length: 10 }, () => good))],
  ['a batch with two outcomes', 207, batch(two, good, {})],
  ['a batch with one error twice', 400, batch(two, {}, {})],
  ['a batch without its second input', 207, batch(two, good)],
  ['a batch without inputs', 400, `${GET}?batch=1`],
  ['a batch with an array', 400, `${GET}?batch=1&input=[{}]`],
  ['a batch with null', 400, `${GET}?batch=1&input=null`],
  ['a batch with malformed JSON', 400, `${GET}?batch=1&input={`],
  ['a batch with an unknown procedure', 207, batch('sessions.get,x', good, good)],
  ['a batch of a query and a mutation', 400, batch('sessions.get,sessions.create')],
  ['a batch with a subscription', 400, batch('sessions.events', good)],
  ['a batch stream', 200, batch('sessions.get', good), jsonLines],
  ['a batch stream with an error', 200, batch('sessions.get'), jsonLines],
])('%s gets the response of tRPC’s own adapter', async (_, status, url, headers = {}) => {
  expect((await expectSameResponse({ url, headers })).status).toBe(status);
});

test.each<[string, number, string, string, Call['headers']?]>([
  ['a mutation', 200, CREATE, create()],
  ['a mutation with a charset', 200, CREATE, create(), json8],
  ['a mutation with an invalid input', 400, CREATE, '{"title":7}'],
  ['a mutation with null', 400, CREATE, 'null'],
  ['a mutation with a string', 400, CREATE, '"x"'],
  ['a mutation with an input parameter', 400, `${CREATE}?input=${input({})}`, '{}'],
  ['a mutation without its token', 401, '/trpc/sessions.end', JSON.stringify(good)],
  ['a query by POST', 405, GET, JSON.stringify(good)],
  ['a subscription by POST', 200, '/trpc/sessions.events', JSON.stringify(good)],
  ['a batch of one mutation', 200, `${CREATE}?batch=1`, `{"0":${create()}}`],
  [
    'a batch of two mutations',
    207,
    `${CREATE},sessions.create?batch=1`,
    `{"0":${create()},"1":{}}`,
  ],
  ['a batch of mutations with an array', 400, `${CREATE}?batch=1`, '[]'],
  ['a batch stream of a mutation', 200, `${CREATE}?batch=1`, `{"0":${create()}}`, jsonLines],
])('%s gets the response of tRPC’s own adapter', async (_, status, url, body, headers = {}) => {
  const response = await expectSameResponse({ method: 'POST', url, body, headers });
  expect(response.status).toBe(status);
});

test('a mutation without a body gets the response of tRPC’s own adapter', async () => {
  const response = await expectSameResponse({ method: 'POST', url: CREATE, headers: json });
  expect(response.status).toBe(400);
});

test.each([
  ['a typed error', new DomainError('HOST_SESSION_LIMIT', { limit: 3 }), 409, undefined],
  ['an error with retryAfterSeconds', unavailable(), 503, '1'],
  ['a defect', new TypeError('secret'), 500, undefined],
])('%s gets the response of tRPC’s own adapter', async (_, error, status, retryAfter) => {
  failure = error;
  const body = '{"title":"Algebra I","hostDisplayName":"Ada"}';
  const response = await expectSameResponse({ method: 'POST', url: CREATE, body });
  expect(response).toMatchObject({ status, retryAfter });
  expect(response.body).not.toContain('secret');
});

test('a batch has the longest Retry-After of its errors', async () => {
  failure = unavailable();
  const response = await expectSameResponse({
    method: 'POST',
    url: '/trpc/questions.submit,sessions.create?batch=1',
    body: `{"0":${JSON.stringify({ code, body: 'Why?' })},"1":${create()}}`,
    headers: authorization,
  });
  expect(response).toMatchObject({ status: 207, retryAfter: '7' });
});

test.each([
  ['malformed JSON', { url: CREATE, body: '{' }, 'The body is not valid JSON'],
  ['a batch of malformed JSON', { url: `${CREATE}?batch=1`, body: '{' }, 'not valid JSON'],
  ['a batch of eleven', { url: `/trpc/${ten},sessions.get?batch=1`, body: '{}' }, '10 calls'],
])('%s is refused before tRPC with the data of tRPC’s own adapter', async (_, call, cause) => {
  const response = await callRoute({ method: 'POST', ...call });
  const reference = await callReference({ method: 'POST', ...call });
  expect(response.status).toBe(reference.status);
  const [error] = errorsIn(reference.body);
  const message = expect.stringContaining(cause);
  expect(errorsIn(response.body)).toEqual([{ error: { ...error?.error, message } }]);
});
