import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { startApi } from '@classroom/api/start';
import { clientOf, createSession, reasonFor, useApi } from '../src/client.ts';
import { forEach, times } from '../src/load.ts';
import { GUESSES, inOneWindow, reasonFrom, sendCodesFrom, WRONG_CODE } from '../src/wrong-codes.ts';

const { api, database } = await useApi({ RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1/32' });

const hex = (n: number) => n.toString(16).padStart(2, '0');

interface Networks {
  /** The first two numbers of IPv4 addresses. */
  v4: string;
  /** The first two segments of IPv6 addresses. */
  v6: string;
}

/** Runs a test with networks of its own. */
const withOwnNetworks = (run: (networks: Networks) => Promise<void>) =>
  inOneWindow((network) => run({ v4: `10.${network}`, v6: `2001:${hex(network)}` }));

const callerFrom = (address: string) => ({
  url: api.url,
  headers: { 'x-forwarded-for': address },
});

/** Sends ten wrong codes from each address, and counts the outcomes by reason. */
async function sendTenFrom(addresses: readonly string[]): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  await forEach(addresses, 10, async (address) => {
    for (const [reason, count] of Object.entries(await sendCodesFrom(api, address, 10))) {
      total[reason] = (total[reason] ?? 0) + count;
    }
  });
  return total;
}

test('a school behind one address joins a thousand times in a burst', () =>
  withOwnNetworks(async ({ v4 }) => {
    const caller = callerFrom(`${v4}.0.1`);
    const { code } = await createSession(caller);
    const { sessions } = clientOf(caller);
    await forEach(times(1_000), 140, async (n) => {
      const input = { code, displayName: `Student ${n}`, idempotencyKey: randomUUID() };
      expect(await reasonFor(sessions.join.mutate(input))).toBe('none');
    });
    expect(await reasonFor(sessions.get.query({ code }))).toBe('none');
  }));

test('a class behind one address gets in although ten mistype three times', () =>
  withOwnNetworks(async ({ v4 }) => {
    const caller = callerFrom(`${v4}.0.1`);
    const { code } = await createSession(caller);
    const { join } = clientOf(caller).sessions;
    const outcomes = times(40).map(async (n) => {
      const displayName = `Student ${n}`;
      const typos = Array<string>(n < 10 ? 3 : 0).fill(WRONG_CODE);
      const reasons: unknown[] = [];
      for (const tried of typos.concat(code)) {
        const input = { code: tried, displayName, idempotencyKey: randomUUID() };
        reasons.push(await reasonFor(join.mutate(input)));
      }
      return reasons;
    });
    const typo = 'SESSION_NOT_FOUND';
    expect(await Promise.all(outcomes)).toEqual(
      times(40).map((n) => (n < 10 ? [typo, typo, typo, 'none'] : ['none'])),
    );
  }));

test('X-Forwarded-For does not change the address of a caller without TRUST_PROXY', async () => {
  await inOneWindow(async () => {
    await using direct = await startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on' });
    await forEach(times(GUESSES), 10, async (n) => {
      expect(await reasonFrom(direct, `192.0.2.${n}`)).toBe('SESSION_NOT_FOUND');
    });
    expect(await reasonFrom(direct, '192.0.2.200')).toBe('RATE_LIMITED');
  });
});

test('only the address that the proxy adds to X-Forwarded-For counts', () =>
  withOwnNetworks(async ({ v4 }) => {
    await forEach(times(GUESSES), 10, async (n) => {
      expect(await reasonFrom(api, `192.0.2.${n}, ${v4}.0.1`)).toBe('SESSION_NOT_FOUND');
    });
    expect(await reasonFrom(api, `192.0.2.200, ${v4}.0.1`)).toBe('RATE_LIMITED');
  }));

test('each IPv4 address and each IPv6 /64 has its own limit', () =>
  withOwnNetworks(async ({ v4, v6 }) => {
    const found = { SESSION_NOT_FOUND: GUESSES };
    expect(await sendCodesFrom(api, `${v4}.0.1`, GUESSES)).toEqual(found);
    expect(await reasonFrom(api, `${v4}.0.1`)).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, `::ffff:${v4}.0.1`)).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, `${v4}.0.2`)).toBe('SESSION_NOT_FOUND');

    expect(await sendCodesFrom(api, `${v6}::1`, GUESSES)).toEqual(found);
    expect(await reasonFrom(api, `${v6}::2`)).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, `${v6}:0:1::1`)).toBe('SESSION_NOT_FOUND');
  }));

test('the /64s of one /56 share 200 guesses', () =>
  withOwnNetworks(async ({ v6 }) => {
    const addresses = times(30).map((n) => `${v6}:1:ab${hex(n)}::1`);
    expect(await sendTenFrom(addresses)).toEqual({ SESSION_NOT_FOUND: 200, RATE_LIMITED: 100 });
    expect(await reasonFrom(api, `${v6}:1:abff::1`)).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, `${v6}:1:ac00::1`)).toBe('SESSION_NOT_FOUND');
  }));

test('the /56s of one /48 share 400 guesses', () =>
  withOwnNetworks(async ({ v6 }) => {
    const addresses = times(50).map((n) => `${v6}:1:${hex(n)}00::1`);
    expect(await sendTenFrom(addresses)).toEqual({ SESSION_NOT_FOUND: 400, RATE_LIMITED: 100 });
    expect(await reasonFrom(api, `${v6}:1:ff00::1`)).toBe('RATE_LIMITED');
    expect(await reasonFrom(api, `${v6}:2::1`)).toBe('SESSION_NOT_FOUND');
  }));

test('guesses from the /64s of eleven networks refuse nobody else', () =>
  withOwnNetworks(async ({ v4, v6 }) => {
    const addresses = times(11).flatMap((n) => times(11).map((m) => `${v6}:${n}:${hex(m)}00::1`));
    expect(await sendTenFrom(addresses)).toEqual({ SESSION_NOT_FOUND: 1_210 });
    const { code } = await createSession(callerFrom(`${v4}.0.1`));
    for (const address of [`${v6}:ff::1`, `${v4}.0.1`, '127.0.0.1']) {
      expect(await reasonFrom(api, address, code)).toBe('none');
    }
  }));

test('refused guesses consume no guesses of a wider network', () =>
  withOwnNetworks(async ({ v6 }) => {
    expect(await sendCodesFrom(api, `${v6}::1`, 1_000)).toEqual({
      SESSION_NOT_FOUND: GUESSES,
      RATE_LIMITED: 900,
    });
    const found = { SESSION_NOT_FOUND: GUESSES };
    expect(await sendCodesFrom(api, `${v6}:0:1::1`, GUESSES)).toEqual(found);
    expect(await reasonFrom(api, `${v6}:0:2::1`)).toBe('RATE_LIMITED');
  }));
