import { lockSession, useTestDatabase } from '@classroom/db/testing';
import { createdSession, joinedSession, sessionEvent, sessionSummary } from '@classroom/schema';
import { startApi } from '@classroom/api/start';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fetchServed, sessionInput } from '../src/client.ts';
import { startTcpProxy } from '../src/proxies.ts';
import {
  CALL_LINKS,
  CLIENTS,
  type ConnectedClient,
  type LinkName,
  reasonIn,
  served,
  type UntypedClient,
} from '../src/trpc-clients.ts';

const ORIGIN = 'https://school.example';
const UNKNOWN_CODE = 'CDFGH2';

const database = await useTestDatabase();
const api = await startApi({ DATABASE_URL: database.url, CORS_ORIGINS: ORIGIN });
afterAll(() => api[Symbol.asyncDispose]());
const url = `${api.url}/trpc`;

const create = async (client: UntypedClient) =>
  createdSession.parse(await served(() => client.mutation('sessions.create', sessionInput())));
const refusal = (call: () => Promise<unknown>) => served(call).then(() => 'none', reasonIn);

/** Makes concurrent calls, all of them again while a busy server refuses one. */
async function concurrently(
  connect: () => ConnectedClient,
  call: (client: UntypedClient, index: number) => Promise<unknown>,
  count: number,
) {
  return await served(async () => {
    const client = connect();
    const calls = Array.from({ length: count }, (_, index) => call(client, index));
    const outcomes = await Promise.allSettled(calls);
    const reasons = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'none' : reasonIn(outcome.reason),
    );
    const shed = outcomes[reasons.indexOf('UNAVAILABLE')];
    if (shed?.status === 'rejected') throw shed.reason;
    return { reasons, responses: client.responses };
  });
}

describe.each([...CLIENTS])('@trpc/client %s', (_, connect) => {
  const as = (link: LinkName, token?: string, maxItems?: number) =>
    connect({ url, link, ...(token && { token }), ...(maxItems && { maxItems }) });

  describe.each(CALL_LINKS)('with %s', (link) => {
    test('calls a query and a mutation, and receives the reason of a refusal', async () => {
      const { hostToken, ...created } = await create(as(link));
      const input = { code: created.code };
      const found = await served(() => as(link).query('sessions.get', input));
      expect(found).toEqual(created);
      const start = (client: UntypedClient) => client.mutation('sessions.start', input);
      expect(await refusal(() => start(as(link)))).toBe('UNAUTHENTICATED');
      const started = await served(() => start(as(link, hostToken)));
      expect(sessionSummary.parse(started).status).toBe('active');
    });

    test('receives each outcome of ten concurrent calls', async () => {
      const { code } = await create(as(link));
      const { reasons, responses } = await concurrently(
        () => as(link),
        (client, index) =>
          client.query('sessions.get', { code: index === 3 ? UNKNOWN_CODE : code }),
        10,
      );
      expect(reasons.indexOf('SESSION_NOT_FOUND')).toBe(3);
      expect(reasons.filter((reason) => reason === 'none')).toHaveLength(9);
      const statuses = responses.map(({ status }) => status).toSorted((a, b) => a - b);
      const perCall = [...Array.from({ length: 9 }, () => 200), 404];
      const batch = link === 'httpBatchLink' ? [207] : [200];
      expect(statuses).toEqual(link.startsWith('httpBatch') ? batch : perCall);
    });
  });

  test.each(['httpBatchLink', 'httpBatchStreamLink'] as const)(
    '%s splits batches by maxItems',
    async (link) => {
      const { code } = await create(as(link));
      const { reasons, responses } = await concurrently(
        () => as(link, undefined, 10),
        (client) => client.query('sessions.get', { code }),
        25,
      );
      expect(new Set(reasons)).toEqual(new Set(['none']));
      expect(responses).toHaveLength(3);
    },
  );

  test('httpBatchStreamLink receives a result while another call of the batch waits', async () => {
    const { code, hostToken } = await create(as('httpLink'));
    // A machine may be so slow that the waiting call times out first.
    await expect
      .poll(async () => {
        const client = as('httpBatchStreamLink', hostToken);
        const release = await lockSession(database.db, code);
        const blocked = client.mutation('sessions.extend', { code }).then(
          () => 'blocked',
          () => 'blocked',
        );
        const free = client.mutation('sessions.create', sessionInput()).then(
          () => 'free',
          () => 'refused',
        );
        const first = await Promise.race([blocked, free]);
        await release();
        await blocked;
        return { first, responses: client.responses };
      })
      .toEqual({
        first: 'free',
        responses: [expect.objectContaining({ status: 200, isChunked: true })],
      });
  });

  test('retryLink repeats a query whose response is lost', async () => {
    await using proxy = await startTcpProxy(api.url);
    const { code } = await create(as('httpLink'));
    const get = (link: LinkName) => {
      proxy.loseResponses(1);
      const client = connect({ url: `${proxy.url}trpc`, link });
      return client.query('sessions.get', { code });
    };
    expect(
      await get('httpLink').then(
        () => 'received',
        () => 'lost',
      ),
    ).toBe('lost');
    expect(await served(() => get('retryLink'))).toMatchObject({ code });
  });

  test('httpSubscriptionLink delivers changes until the session ends, and resumes', async () => {
    const { code, hostToken } = await create(as('httpLink'));
    const host = as('httpLink', hostToken);
    const joined = await served(() =>
      as('httpLink').mutation('sessions.join', { code, displayName: 'Ben' }),
    );
    const { participantToken } = joinedSession.parse(joined);
    const events = listen(as('httpSubscriptionLink', participantToken), { code });
    await expect.poll(events.types).toEqual(['snapshot']);
    await served(() => host.mutation('questions.submit', { code, body: 'Why?' }));
    await expect.poll(events.types).toEqual(['snapshot', 'question']);
    await served(() => host.mutation('sessions.end', { code }));
    await expect.poll(events.ended).toBe('completed');
    expect(events.types()).toEqual(['snapshot', 'question', 'session']);

    const lastEventId = events.received[0]?.id;
    const resumed = listen(as('httpSubscriptionLink', hostToken), { code, lastEventId });
    await expect.poll(resumed.ended).toBe('completed');
    expect(resumed.types()).toEqual(['question', 'session']);
  });

  test('httpSubscriptionLink receives the reason of a refusal', async () => {
    const { code } = await create(as('httpLink'));
    const events = listen(as('httpSubscriptionLink'), { code });
    await expect.poll(events.ended).toBe('UNAUTHENTICATED');
  });
});

const receivedEvent = z.object({ id: z.string(), data: sessionEvent });

function listen(client: UntypedClient, input: { code: string; lastEventId?: string | undefined }) {
  const received: z.infer<typeof receivedEvent>[] = [];
  let ended: unknown;
  client.subscription('sessions.events', input, {
    onStarted: () => {},
    onData: (event) => void received.push(receivedEvent.parse(event)),
    onComplete: () => void (ended ??= 'completed'),
    onError: (error) => void (ended ??= reasonIn(error) ?? error),
  });
  return {
    received,
    types: () => received.map(({ data }) => data.type).filter((type) => type !== 'presence'),
    ended: () => ended,
  };
}

test.each(['GET', 'POST'])(
  'a page of an allowed origin may %s with the headers of tRPC',
  async (method) => {
    const names = ['authorization', 'content-type', 'trpc-accept', 'x-trpc-source'];
    const preflight = await fetchServed(`${url}/sessions.get`, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': method,
        'access-control-request-headers': names.join(','),
      },
    });
    expect(preflight.status).toBe(204);
    const granted = (name: string) =>
      preflight.headers.get(`access-control-allow-${name}`)?.split(/, ?/);
    expect(granted('origin')).toEqual([ORIGIN]);
    expect(granted('methods')).toContain(method);
    expect(granted('headers')).toEqual(expect.arrayContaining(names));
  },
);
