import { useTestDatabase } from '@classroom/db/testing';
import { createdSession } from '@classroom/schema';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildTestApp } from '../testing/build-test-app.ts';

const database = await useTestDatabase();
const app = await buildTestApp(database);
afterAll(() => app.close());

async function scrape(): Promise<string> {
  const response = await app.inject('/metrics');
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toContain('text/plain');
  return response.body;
}

/** Reads a sample of the durations of a procedure's calls with an outcome. */
async function durations(
  sample: 'count' | 'sum',
  procedure: string,
  reason: string,
): Promise<number> {
  const labels = `{procedure="${procedure}",reason="${reason}"}`;
  const name = `classroom_call_duration_seconds_${sample}${labels} `;
  const line = (await scrape()).split('\n').find((text) => text.startsWith(name));
  return Number(line?.slice(name.length) ?? 0);
}

const calls = (procedure: string, reason: string) => durations('count', procedure, reason);

const call = (paths: string[], inputs: unknown[]) =>
  app.inject({
    method: 'POST',
    url: `/trpc/${paths.join(',')}?batch=1`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(Object.fromEntries(inputs.entries())),
  });

test('each call of a batch is counted by procedure and reason', async () => {
  const input = { title: 'T', hostDisplayName: 'Ada' };
  await call(
    ['sessions.create', 'sessions.create', 'sessions.end'],
    [input, {}, { code: 'CCCCCC' }],
  );
  expect(await calls('sessions.create', 'ok')).toBe(1);
  expect(await calls('sessions.create', 'INVALID_INPUT')).toBe(1);
  expect(await calls('sessions.end', 'UNAUTHENTICATED')).toBe(1);
});

test('the duration of a call is in seconds', async () => {
  const seconds = () => durations('sum', 'sessions.get', 'SESSION_NOT_FOUND');
  const before = await seconds();
  const started = performance.now();
  await app.inject(`/trpc/sessions.get?input=${encodeURIComponent('{"code":"CCCCCC"}')}`);
  const elapsed = (performance.now() - started) / 1000;
  const after = await seconds();
  expect(after).toBeGreaterThan(before);
  expect(after - before).toBeLessThanOrEqual(elapsed);
});

test('a name from a request never becomes a label', async () => {
  await call(['sessions.madeUp', 'toString', '__proto__', 'sessions.get'], []);
  await app.inject('/trpc/made,up');
  await app.inject('/madeUp');
  expect(await calls('unknown', 'INVALID_INPUT')).toBe(5);
  const text = await scrape();
  expect(text).not.toMatch(/made|toString|__proto__/i);
  expect(text).toContain('classroom_http_requests_total{route="unknown",status="404"} 1');
});

test('/metrics reports the pool and the process', async () => {
  const text = await scrape();
  expect(text).toMatch(/^classroom_pool_connections\{state="(idle|busy)"\} [1-9]/m);
  expect(text).toMatch(/^classroom_pool_waiting 0$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  expect(text).toMatch(/^process_resident_memory_bytes /m);
});

test('open sessions are counted for the next scrape', async () => {
  await scrape();
  await expect.poll(scrape).toMatch(/^classroom_sessions_open 1$/m);
});

test('the lag of a change is measured once for all subscribers, by the clock of the database', async () => {
  const created = await call(['sessions.create'], [{ title: 'T', hostDisplayName: 'Emmy' }]);
  const [{ result }] = z
    .tuple([z.object({ result: z.object({ data: createdSession }) })])
    .parse(created.json());
  const { code, hostToken } = result.data;
  const input = encodeURIComponent(JSON.stringify({ code }));
  const headers = { authorization: `Bearer ${hostToken}` };
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const open = async () => {
    const response = await fetch(`${address}/trpc/sessions.events?input=${input}`, { headers });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    return {
      until: async (text: string) => {
        while (!received.includes(text)) received += (await reader?.read())?.value ?? '';
      },
    };
  };
  const listeners = [await open(), await open()];
  // A change before the snapshot would be part of it and have no lag.
  for (const { until } of listeners) await until('"type":"snapshot"');
  await app.inject({
    method: 'POST',
    url: '/trpc/sessions.end',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: JSON.stringify({ code }),
  });
  for (const { until } of listeners) await until('"status":"ended"');
  const text = await scrape();
  expect(text).toMatch(/^classroom_live_lag_seconds_count 1$/m);
  const seconds = Number(/^classroom_live_lag_seconds_sum (\S+)$/m.exec(text)?.[1]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(30);
});
