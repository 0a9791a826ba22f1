import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DomainError } from '../errors.ts';
import { type RateLimiter, clientAddress, createRateLimits } from './rate-limits.ts';

// Seconds may pass on a slow machine, and would be missing from the rest of a window.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const refusal = expect.objectContaining({
  reason: 'RATE_LIMITED',
  details: { retryAfterSeconds: expect.any(Number) },
});

/** Consumes points in parallel, and returns how many succeeded. */
async function consume(
  limit: Pick<RateLimiter, 'consume'>,
  address: string,
  times: number,
): Promise<number> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: times }, () => limit.consume(address)),
  );
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

test('an address is limited to 100 wrong codes, also in parallel', async () => {
  const { codeGuesses } = createRateLimits();
  expect(await consume(codeGuesses, 'a', 500)).toBe(100);
  await expect(codeGuesses.check('a')).rejects.toThrow(refusal);
  await expect(codeGuesses.check('b')).resolves.toBeUndefined();
});

test('checking consumes no points', async () => {
  const { codeGuesses, creations } = createRateLimits();
  for (let n = 0; n < 1000; n += 1) {
    await codeGuesses.check('a');
    await creations.check('a');
  }
  expect(await consume(codeGuesses, 'a', 99)).toBe(99);
  await expect(codeGuesses.check('a')).resolves.toBeUndefined();
});

test('all addresses together are limited to 1,000 wrong codes, and one address cannot consume them', async () => {
  const { codeGuesses } = createRateLimits();
  expect(await consume(codeGuesses, 'a', 2000)).toBe(100);
  for (let n = 0; n < 9; n += 1) expect(await consume(codeGuesses, `b${n}`, 100)).toBe(100);
  await expect(codeGuesses.check('c')).rejects.toThrow(refusal);
  expect(await consume(codeGuesses, 'c', 1)).toBe(0);
});

test('an address is limited to 300 created sessions', async () => {
  const { creations } = createRateLimits();
  expect(await consume(creations, 'a', 400)).toBe(300);
  await expect(creations.check('a')).rejects.toThrow(refusal);
  await expect(creations.check('b')).resolves.toBeUndefined();
});

test('a token is limited to 20 questions a minute, and a reset restores them', async () => {
  const { submissions } = createRateLimits();
  expect(await consume(submissions, 'a', 50)).toBe(20);
  expect(await retryAfterSeconds(submissions.consume('a'))).toBe(60);
  expect(await consume(submissions, 'b', 1)).toBe(1);
  await submissions.reset('a');
  expect(await consume(submissions, 'a', 50)).toBe(20);
});

test('a refusal contains the whole seconds until the end of the window', async () => {
  const { codeGuesses, creations } = createRateLimits();
  await consume(codeGuesses, 'a', 100);
  await consume(creations, 'a', 300);
  expect(await retryAfterSeconds(codeGuesses.check('a'))).toBe(600);
  expect(await retryAfterSeconds(creations.check('a'))).toBe(3600);
  vi.setSystemTime(Date.now() + 1_001);
  expect(await retryAfterSeconds(codeGuesses.check('a'))).toBe(599);
});

describe('docs/api.md states the limit on', async () => {
  const file = path.resolve(import.meta.dirname, '../../../../docs/api.md');
  const page = await readFile(file, 'utf8');
  const SECONDS = { minute: 60, 'ten minutes': 600, hour: 3600 };
  const limitOf = (row: string, column: number) => {
    const cell = page.split(`\n| ${row} `)[1]?.split('\n', 1)[0]?.split('|')[column] ?? '';
    const [, points = '', window = ''] = /^ ([\d,]+) in (?:an? )?(.+?) +$/.exec(cell) ?? [];
    const seconds = Object.entries(SECONDS).find(([name]) => name === window)?.[1] ?? 0;
    return { points: Number(points.replace(',', '')), seconds };
  };
  const { codeGuesses, creations, submissions } = createRateLimits();

  test.each([
    ['wrong codes of an address', codeGuesses, limitOf('wrong join codes', 1)],
    ['sessions created by an address', creations, limitOf('sessions created', 1)],
    ['submissions of a token', submissions, limitOf('calls of `questions.submit`', 3)],
  ])('%s', async (_, limit, { points, seconds }) => {
    expect(await consume(limit, 'a', points + 50)).toBe(points);
    expect(await retryAfterSeconds(limit.consume('a'))).toBe(seconds);
  });

  test('wrong codes of all addresses', async () => {
    const { codeGuesses: guesses } = createRateLimits();
    const { points, seconds } = limitOf('wrong join codes', 2);
    let consumed = 0;
    for (let n = 0; n < 20; n += 1) consumed += await consume(guesses, `a${n}`, 100);
    expect(consumed).toBe(points);
    expect(await retryAfterSeconds(guesses.check('z'))).toBe(seconds);
  });
});

async function retryAfterSeconds(call: Promise<void>): Promise<number | undefined> {
  const error: unknown = await call.catch((cause: unknown) => cause);
  return error instanceof DomainError ? error.details.retryAfterSeconds : undefined;
}

test('an IPv4 address has one key in every notation', () => {
  expect(clientAddress('192.0.2.1')).toBe('192.0.2.1');
  expect(clientAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(clientAddress('::ffff:c000:201')).toBe('192.0.2.1');
  expect(clientAddress('192.0.2.2')).not.toBe(clientAddress('192.0.2.1'));
});

test('the addresses of one IPv6 /64 share a key', () => {
  const address = clientAddress('2001:db8:0:1::1');
  expect(clientAddress('2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(address);
  expect(clientAddress('2001:DB8:0000:0001::2')).toBe(address);
  expect(clientAddress('2001:db8:0:1::2%eth0')).toBe(address);
  expect(clientAddress('2001:db8:0:2::1')).not.toBe(address);
});

test('invalid addresses share a key', () => {
  expect(clientAddress('192.0.2.1:5000')).toBe(clientAddress('192.0.2.1:5001'));
  expect(clientAddress('')).toBe(clientAddress('_hidden'));
});
