import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { createClient } from '@classroom/client';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';

const STREAMS = 100;

test('SIGTERM under load: not ready first, all is answered, streams end, what was acknowledged is stored', async () => {
  await using database = await createTestDatabase();
  const api = await startApi({ DATABASE_URL: database.url });
  // As browsers do, ahead of time; Node itself would wait for it for ever.
  const silent = connect(Number(new URL(api.url).port), '127.0.0.1');
  const streams = await openStreams(api.url);
  const acknowledged: string[] = [];
  const statuses = new Set<number>();
  let refused = false;
  const load = Array.from({ length: 20 }, async () => {
    while (!refused) {
      try {
        const response = await fetch(`${api.url}/trpc/sessions.create`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` }),
        });
        statuses.add(response.status);
        const body: unknown = await response.json();
        if (response.status === 200) acknowledged.push(codeOf(body));
      } catch {
        refused = true;
      }
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);

  const asked = performance.now();
  api.child.kill('SIGTERM');
  await expect
    .poll(async () => (await fetch(`${api.url}/readyz`)).status, { timeout: 2_000, interval: 20 })
    .toBe(503);
  const before = acknowledged.length;
  // A balancer that has not looked yet still sends calls, and they are served.
  await expect.poll(() => acknowledged.length, { timeout: 1_500 }).toBeGreaterThan(before + 10);
  expect(await api.exit).toBe(0);
  const stopped = performance.now() - asked;
  await Promise.all(load);
  await Promise.all(streams);
  silent.destroy();
  console.log(
    `stopped after ${Math.round(stopped)} ms, with ${STREAMS} streams and ${acknowledged.length} answers`,
  );
  expect(stopped).toBeLessThan(10_000);
  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  const stored = await database.db.selectFrom('sessions').select('code').execute();
  const codes = new Set(stored.map(({ code }) => code));
  expect(acknowledged.filter((code) => !codes.has(code))).toEqual([]);
  // But for the one with the streams, no session was created without an answer.
  expect(codes.size).toBe(acknowledged.length + 1);
});

/** Opens the streams; each of them resolves when it has ended as it should. */
async function openStreams(url: string): Promise<Promise<void>[]> {
  const { code, hostToken } = await createClient({
    url: `${url}/trpc`,
  }).sessions.create.mutate({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });
  const input = encodeURIComponent(JSON.stringify({ code }));
  const opened = Array.from({ length: STREAMS }, async () => {
    const call = request(`${url}/trpc/sessions.events?input=${input}`, {
      agent: false,
      headers: { accept: 'text/event-stream', authorization: `Bearer ${hostToken}` },
    }).end();
    const ended = Promise.withResolvers<void>();
    await new Promise((resolve, reject) => {
      call.once('error', reject);
      call.once('response', (response) => {
        response.once('data', resolve);
        response.once('end', ended.resolve).once('error', ended.reject);
      });
    });
    return { ended: ended.promise };
  });
  return (await Promise.all(opened)).map(({ ended }) => ended);
}

function codeOf(body: unknown): string {
  const text = JSON.stringify(body);
  return /"code":"(\w+)"/.exec(text)?.[1] ?? text;
}
