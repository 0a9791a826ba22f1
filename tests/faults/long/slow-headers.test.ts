import { once } from 'node:events';
import { connect } from 'node:net';
import { quantile } from '@classroom/bench/statistics';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '@classroom/api/start';

const SOCKETS = 500;
/** The limit on headers is 5 s, checked every second. */
const CLOSED_AFTER_MS = 7_000;

test('500 sockets that send their headers slowly are closed within 7 s, and /livez is served', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  await fetch(`${api.url}/livez`);
  const started = performance.now();
  const allClosed = new AbortController();
  const sockets = Array.from({ length: SOCKETS }, () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write('POST /trpc/sessions.create HTTP/1.1\r\nhost: classroom\r\n');
    const drip = setInterval(() => socket.write('x-slow: 1\r\n'), 500);
    socket.on('error', () => {}).resume();
    return once(socket, 'close').then(() => clearInterval(drip));
  });

  const closing = Promise.all(sockets).then(() => allClosed.abort());
  const livez: number[] = [];
  while (!allClosed.signal.aborted && performance.now() - started < 2 * CLOSED_AFTER_MS) {
    const requested = performance.now();
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    livez.push(performance.now() - requested);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const took = performance.now() - started;
  await closing;
  const p99 = quantile(
    livez.toSorted((a, b) => a - b),
    0.99,
  );
  console.log(`closed after ${Math.round(took)} ms; /livez p99 ${Math.round(p99)} ms`);
  expect(took).toBeLessThan(CLOSED_AFTER_MS);
  expect(p99).toBeLessThan(100);
});
