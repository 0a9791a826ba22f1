import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';

test('SIGTERM under load: what was acknowledged is stored, and the exit is clean', async () => {
  await using database = await createTestDatabase();
  const api = await startApi({ DATABASE_URL: database.url });
  // As browsers do, ahead of time; Node itself would wait for it for ever.
  const silent = connect(Number(new URL(api.url).port), '127.0.0.1');
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
  const asked = performance.now();
  api.child.kill('SIGTERM');
  expect(await api.exit).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
  console.log(`stopped after ${Math.round(performance.now() - asked)} ms`);
  await Promise.all(load);
  silent.destroy();

  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  const stored = await database.db.selectFrom('sessions').select('code').execute();
  const codes = new Set(stored.map(({ code }) => code));
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(acknowledged.filter((code) => !codes.has(code))).toEqual([]);
});

function codeOf(body: unknown): string {
  const text = JSON.stringify(body);
  return /"code":"(\w+)"/.exec(text)?.[1] ?? text;
}
