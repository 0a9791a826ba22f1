import { describe, expect, test } from 'vitest';
import { createSession, fetchServed, useApi } from '../src/client.ts';
import { openServedStream, type RawListener } from '../src/raw-http.ts';
import { createRestCaller, fetchDocument } from '../src/rest-caller.ts';

const { api, as } = await useApi({ MAX_PARTICIPANTS: '1' });
const call = createRestCaller(api.url, await fetchDocument(api.url));

const at = (code: string, query = '') => `/api/sessions/${code}/events${query}`;
const listen = (
  code: string,
  token: string,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) => openServedStream(api.url, { method: 'GET', path: at(code, query), token, headers });

/** The frames of a stream without presence, whose moment varies. */
const framesOf = (stream: RawListener) =>
  stream
    .received()
    .slice(stream.received().indexOf('\r\n\r\n') + 4)
    .split('\n\n\n')
    .filter((frame) => frame !== '' && !/"presence"|^event: ping/.test(frame));

describe('GET /api/sessions/{code}/events', () => {
  test('streams a snapshot and then each change, with the frames of tRPC', async () => {
    const { code, hostToken } = await createSession(api);
    using rest = await listen(code, hostToken);
    const input = encodeURIComponent(JSON.stringify({ code }));
    const path = `/trpc/sessions.events?input=${input}`;
    using trpc = await openServedStream(api.url, { method: 'GET', path, token: hostToken });
    for (const stream of [rest, trpc]) await stream.until('"type":"snapshot"');
    await as(hostToken).questions.submit.mutate({ code, body: 'Why?' });
    await as(hostToken).sessions.end.mutate({ code });
    for (const stream of [rest, trpc]) await stream.closed;

    expect(rest.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-type: text\/event-stream/);
    const frames = framesOf(rest);
    expect(frames).toEqual([
      expect.stringMatching(/^event: connected\n/),
      expect.stringMatching(/^data: \{"type":"snapshot",.*\nid: \d+$/s),
      expect.stringMatching(/^data: \{"type":"question",.*"Why\?".*\nid: \d+$/s),
      expect.stringMatching(/^data: \{"type":"session",.*"ended".*\nid: \d+$/s),
      expect.stringMatching(/^event: return\n/),
    ]);
    expect(frames).toEqual(framesOf(trpc));
  });

  test('resumes after the event id of the header or the query', async () => {
    const { code, hostToken } = await createSession(api);
    using first = await listen(code, hostToken);
    await first.until('"type":"snapshot"');
    const [, id = ''] = /^id: (\d+)$/m.exec(first.received()) ?? [];
    await as(hostToken).questions.submit.mutate({ code, body: 'Why?' });
    const lastEventId = { 'last-event-id': id };
    using byHeader = await listen(code, hostToken, { headers: lastEventId });
    await byHeader.until('"type":"question"');
    expect(byHeader.received()).not.toContain('"type":"snapshot"');
    await byHeader.disconnect('destroy');
    using byQuery = await listen(code, hostToken, { query: `?lastEventId=${id}` });
    await byQuery.until('"type":"question"');
    expect(byQuery.received()).not.toContain('"type":"snapshot"');
  });

  test('refuses a caller without a right to it with a status, before the stream starts', async () => {
    const { code, hostToken } = await createSession(api);
    const foreign = await createSession(api);
    for (const [token, where, status, reason] of [
      [undefined, code, 401, 'UNAUTHENTICATED'],
      ['unknown', code, 401, 'UNAUTHENTICATED'],
      [foreign.hostToken, code, 403, 'FORBIDDEN'],
      [hostToken, 'AAAAAA', 404, 'SESSION_NOT_FOUND'],
      [hostToken, 'a', 400, 'INVALID_INPUT'],
    ] as const) {
      const options = token === undefined ? {} : { token };
      const { body, ...response } = await call(`GET ${at(where)}`, options);
      expect({ status: response.status, body }).toMatchObject({
        status,
        body: { data: { reason, httpStatus: status } },
      });
    }
    const malformed = await call(`GET ${at(code, '?lastEventId=%C3%BC')}`, { token: hostToken });
    expect(malformed.body).toMatchObject({
      data: { fieldErrors: { lastEventId: [expect.stringContaining('id')] } },
    });
  });

  test('counts towards the streams of a session, and refuses another one with SESSION_FULL', async () => {
    const { code, hostToken } = await createSession(api);
    using first = await listen(code, hostToken);
    using second = await listen(code, hostToken);
    await second.until('"listening":2');
    const refused = await call(`GET ${at(code)}`, { token: hostToken });
    expect(refused).toMatchObject({ status: 409, body: { data: { reason: 'SESSION_FULL' } } });
    await second.disconnect('reset');
    const metrics = async () => (await fetchServed(`${api.url}/metrics`)).text();
    await expect.poll(metrics).toContain('\nclassroom_live_listeners 1\n');
    using third = await listen(code, hostToken);
    expect([first.status, third.status]).toEqual([200, 200]);
  });

  test('opens no stream for HEAD', async () => {
    const { code, hostToken } = await createSession(api);
    const headers = { authorization: `Bearer ${hostToken}` };
    const response = await fetchServed(`${api.url}${at(code)}`, { method: 'HEAD', headers });
    expect(response.status).toBe(404);
  });
});
