import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DomainError } from '../errors.ts';
import { clientAddress } from './client-address.ts';
import { type RateLimiter, createRateLimits } from './rate-limits.ts';

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

/** Consumes the points of many addresses one after the other, and returns how many succeeded. */
async function consumeFrom(
  limit: Pick<RateLimiter, 'consume'>,
  addresses: readonly string[],
  times: number,
): Promise<number> {
  let consumed = 0;
  for (const address of addresses) consumed += await consume(limit, address, times);
  return consumed;
}

/** Addresses that differ in one segment. */
const networks = (count: number, addressOf: (segment: string) => string) =>
  Array.from({ length: count }, (_, n) => clientAddress(addressOf((n + 1).toString(16))));

test('wrong codes from any number of other addresses leave an address its points', async () => {
  const { codeGuesses } = createRateLimits();
  const foreign = networks(50, (segment) => `2001:db8:${segment}::1`);
  expect(await consumeFrom(codeGuesses, foreign, 100)).toBe(5_000);
  for (const ip of ['2001:db8:ff::1', '192.0.2.1']) {
    await expect(codeGuesses.check(clientAddress(ip))).resolves.toBeUndefined();
    expect(await consume(codeGuesses, clientAddress(ip), 200)).toBe(100);
  }
});

test('the /64s of one IPv6 /56 are limited to 200 wrong codes, also in parallel', async () => {
  const { codeGuesses } = createRateLimits();
  const site = networks(30, (segment) => `2001:db8:1:ab${segment.padStart(2, '0')}::1`);
  const outcomes = await Promise.all(site.map((address) => consume(codeGuesses, address, 10)));
  expect(outcomes.reduce((sum, count) => sum + count)).toBe(200);
  const [unused] = networks(1, () => '2001:db8:1:abff::1');
  await expect(codeGuesses.check(unused ?? '')).rejects.toThrow(refusal);
  const neighbour = clientAddress('2001:db8:1:ac00::1');
  expect(await consume(codeGuesses, neighbour, 10)).toBe(10);
});

test('the /56s of one IPv6 /48 are limited to 400 wrong codes', async () => {
  const { codeGuesses } = createRateLimits();
  const sites = networks(50, (segment) => `2001:db8:1:${segment}00::1`);
  expect(await consumeFrom(codeGuesses, sites, 10)).toBe(400);
  await expect(codeGuesses.check(clientAddress('2001:db8:1::1'))).rejects.toThrow(refusal);
  expect(await consume(codeGuesses, clientAddress('2001:db8:2::1'), 10)).toBe(10);
});

test('an address without points consumes none of its wider networks, and extends no window', async () => {
  const { codeGuesses } = createRateLimits();
  const address = clientAddress('2001:db8:1:1::1');
  expect(await consume(codeGuesses, address, 1_000)).toBe(100);
  vi.setSystemTime(Date.now() + 30_001);
  expect(await consume(codeGuesses, address, 1_000)).toBe(0);
  // The /56 has 100 points left, the /48 another 200.
  expect(await consume(codeGuesses, clientAddress('2001:db8:1:2::1'), 99)).toBe(99);
  expect(await retryAfterSeconds(codeGuesses.check(address))).toBe(30);
  expect(
    await consumeFrom(
      codeGuesses,
      networks(2, (n) => `2001:db8:1:${n}00::1`),
      100,
    ),
  ).toBe(200);
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
  expect(await retryAfterSeconds(codeGuesses.check('a'))).toBe(60);
  expect(await retryAfterSeconds(creations.check('a'))).toBe(3600);
  vi.setSystemTime(Date.now() + 1_001);
  expect(await retryAfterSeconds(codeGuesses.check('a'))).toBe(59);
});

describe('docs/api.md states the limit on', async () => {
  const file = path.resolve(import.meta.dirname, '../../../../docs/api.md');
  const page = await readFile(file, 'utf8');
  const SECONDS = { minute: 60, hour: 3600 };
  const limitOf = (row: string, column: number) => {
    const cell = page.split(`\n| ${row} `)[1]?.split('\n', 1)[0]?.split('|')[column] ?? '';
    const [, points = '', window = ''] = /^ ([\d,]+) in (?:an? )?(.+?) +$/.exec(cell) ?? [];
    const seconds = Object.entries(SECONDS).find(([name]) => name === window)?.[1] ?? 0;
    return { points: Number(points.replace(',', '')), seconds };
  };
  const { codeGuesses, creations, submissions } = createRateLimits();

  test.each([
    ['wrong codes of an address', codeGuesses, limitOf('wrong codes', 1)],
    [
      'sessions created by an address',
      creations,
      limitOf('sessions and host keys created, and sessions entered', 1),
    ],
    ['submissions of a token', submissions, limitOf('calls of `questions.submit`', 4)],
  ])('%s', async (_, limit, { points, seconds }) => {
    expect(await consume(limit, 'a', points + 50)).toBe(points);
    expect(await retryAfterSeconds(limit.consume('a'))).toBe(seconds);
  });

  test.each([
    ['a /56', limitOf('wrong codes', 2), (n: string) => `2001:db8:1:${n.padStart(2, '0')}::1`],
    ['a /48', limitOf('wrong codes', 3), (n: string) => `2001:db8:1:${n}00::1`],
  ])('wrong codes of %s', async (_, { points, seconds }, addressOf) => {
    const { codeGuesses: guesses } = createRateLimits();
    const addresses = networks(10, addressOf);
    expect(await consumeFrom(guesses, addresses, 100)).toBe(points);
    expect(await retryAfterSeconds(guesses.check(addresses.at(-1) ?? ''))).toBe(seconds);
  });
});

async function retryAfterSeconds(call: Promise<void>): Promise<number | undefined> {
  const error: unknown = await call.catch((cause: unknown) => cause);
  return error instanceof DomainError ? error.details.retryAfterSeconds : undefined;
}
