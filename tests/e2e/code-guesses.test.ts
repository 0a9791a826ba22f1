import { waitEvents } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import {
  type ApiAddress,
  clientOf,
  countReasons,
  createSession,
  fetchServed,
  reasonFor,
  useApi,
} from '../src/client.ts';
import { holdLock } from '../src/hold-lock.ts';
import { times } from '../src/load.ts';
import { GUESSES, inOneWindow, sendCodes, WRONG_CODE } from '../src/wrong-codes.ts';

const { api, database } = await useApi({ RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1/32' });

/** Runs a test whose caller has an address of its own. */
const withOwnAddress = (run: (caller: ApiAddress) => Promise<void>) =>
  inOneWindow((network) => {
    const headers = { 'x-forwarded-for': `10.${network}.0.1` };
    return run({ url: api.url, headers });
  });

/** Creates a pairing code, and returns it with a function that redeems any. */
async function pair(caller: ApiAddress) {
  const { code, hostToken } = await createSession(caller);
  const createCode = async () => {
    const { sessions } = clientOf(caller, hostToken);
    return (await sessions.createPairingCode.mutate({ code })).pairingCode;
  };
  const redeem = (pairingCode = 'AAAAAAAA') =>
    reasonFor(clientOf(caller).sessions.redeemPairingCode.mutate({ code, pairingCode }));
  return { createCode, redeem };
}

describe('wrong codes', () => {
  test('count one by one in batches, and in every procedure with a code', () =>
    withOwnAddress(async (caller) => {
      const anyone = clientOf(caller);
      const { hostToken } = await createSession(caller);
      expect(await sendCodes(anyone, 90)).toEqual({ SESSION_NOT_FOUND: 90 });
      const { join } = anyone.sessions;
      const { start, participants } = clientOf(caller, hostToken).sessions;
      for (let n = 0; n < 3; n += 1) {
        expect(
          await countReasons([
            join.mutate({ code: WRONG_CODE, displayName: 'Ben' }),
            start.mutate({ code: WRONG_CODE }),
            participants.query({ code: WRONG_CODE }),
          ]),
        ).toEqual({ SESSION_NOT_FOUND: 3 });
      }
      expect(await sendCodes(anyone, 10)).toEqual({ SESSION_NOT_FOUND: 1, RATE_LIMITED: 9 });
    }));

  test('of ended sessions count like codes that never existed', () =>
    withOwnAddress(async (caller) => {
      const { code, hostToken } = await createSession(caller);
      await clientOf(caller, hostToken).sessions.end.mutate({ code });
      const anyone = clientOf(caller);
      expect(await sendCodes(anyone, 50, code)).toEqual({ SESSION_NOT_FOUND: 50 });
      expect(await sendCodes(anyone, 50)).toEqual({ SESSION_NOT_FOUND: 50 });
      expect(await reasonFor(anyone.sessions.get.query({ code }))).toBe('RATE_LIMITED');
    }));

  test('sent in parallel are refused beyond a hundred', () =>
    withOwnAddress(async (caller) => {
      const outcomes = await sendCodes(clientOf(caller), 140);
      expect(outcomes).toEqual({ SESSION_NOT_FOUND: GUESSES, RATE_LIMITED: 40 });
    }));

  test('in parallel with a correct code do not reveal which one is correct', () =>
    withOwnAddress(async (caller) => {
      const anyone = clientOf(caller);
      const { id, code } = await createSession(caller);
      await sendCodes(anyone, GUESSES - 1);
      const release = await holdLock(database, `select from sessions where id = ${id} for update`);
      const joining = reasonFor(anyone.sessions.join.mutate({ code, displayName: 'Ben' }));
      // The last guess is used up while the join waits for the row.
      await expect.poll(() => waitEvents(database.db)).toContain('Lock');
      await sendCodes(anyone, 1);
      await release();
      expect(await joining).toBe('RATE_LIMITED');
    }));
});

describe('wrong pairing codes', () => {
  test('count like wrong join codes', () =>
    withOwnAddress(async (caller) => {
      const { createCode, redeem } = await pair(caller);
      const pairingCode = await createCode();
      expect(await sendCodes(clientOf(caller), GUESSES - 5)).toEqual({ SESSION_NOT_FOUND: 95 });
      for (let n = 0; n < 5; n += 1) expect(await redeem()).toBe('PAIRING_CODE_INVALID');
      expect(await redeem()).toBe('RATE_LIMITED');
      expect(await redeem(pairingCode)).toBe('RATE_LIMITED');
      expect(await sendCodes(clientOf(caller), 1)).toEqual({ RATE_LIMITED: 1 });
    }));

  test('sent in parallel are refused beyond a hundred', () =>
    withOwnAddress(async (caller) => {
      const { createCode, redeem } = await pair(caller);
      await createCode();
      const reasons = await Promise.all(times(140).map(() => redeem()));
      expect(reasons.filter((reason) => reason === 'PAIRING_CODE_INVALID')).toHaveLength(GUESSES);
      expect(reasons.filter((reason) => reason === 'RATE_LIMITED')).toHaveLength(40);
    }));

  test('leave this and the next pairing code of the host valid, after ten of them', () =>
    withOwnAddress(async (caller) => {
      const { createCode, redeem } = await pair(caller);
      const pairingCode = await createCode();
      for (let n = 0; n < 10; n += 1) expect(await redeem()).toBe('PAIRING_CODE_INVALID');
      expect(await redeem(pairingCode)).toBe('none');
      expect(await redeem(await createCode())).toBe('none');
    }));
});

describe('an address without guesses left', () => {
  test('gets 429 even for a correct code, with the time to wait in header and body', () =>
    withOwnAddress(async (caller) => {
      const { code } = await createSession(caller);
      await sendCodes(clientOf(caller), GUESSES);
      const input = encodeURIComponent(JSON.stringify({ code }));
      const response = await fetchServed(`${caller.url}/trpc/sessions.get?input=${input}`, {
        headers: { ...caller.headers },
      });
      expect(response.status).toBe(429);
      const retryAfterSeconds = Number(response.headers.get('retry-after'));
      expect(retryAfterSeconds).toBeGreaterThan(0);
      expect(retryAfterSeconds).toBeLessThanOrEqual(60);
      expect(await response.json()).toMatchObject({
        error: { data: { reason: 'RATE_LIMITED', code: 'TOO_MANY_REQUESTS', retryAfterSeconds } },
      });
    }));

  test('creates sessions, and acts in sessions with their tokens', () =>
    withOwnAddress(async (caller) => {
      const other = await createSession(caller);
      const input = { code: other.code, displayName: 'Ben' };
      const { participantToken } = await clientOf(caller).sessions.join.mutate(input);
      await sendCodes(clientOf(caller), GUESSES);
      const { code } = await createSession(caller);
      expect(await reasonFor(clientOf(caller).sessions.get.query({ code }))).toBe('RATE_LIMITED');
      const host = clientOf(caller, other.hostToken).sessions;
      const participant = clientOf(caller, participantToken).sessions;
      expect(await reasonFor(host.start.mutate({ code: other.code }))).toBe('none');
      expect(await reasonFor(host.extend.mutate({ code: other.code }))).toBe('none');
      expect(await reasonFor(participant.participants.query({ code: other.code }))).toBe('none');
      expect(await reasonFor(host.end.mutate({ code: other.code }))).toBe('none');
      expect(await reasonFor(host.start.mutate({ code: other.code }))).toBe('SESSION_ENDED');
    }));

  test('gets RATE_LIMITED with the token of another session', () =>
    withOwnAddress(async (caller) => {
      const { code } = await createSession(caller);
      const foreign = clientOf(caller, (await createSession(caller)).hostToken).sessions;
      await sendCodes(clientOf(caller), GUESSES);
      for (const tried of [code, WRONG_CODE]) {
        expect(await reasonFor(foreign.start.mutate({ code: tried }))).toBe('RATE_LIMITED');
        expect(await reasonFor(foreign.participants.query({ code: tried }))).toBe('RATE_LIMITED');
        expect(await reasonFor(foreign.get.query({ code: tried }))).toBe('RATE_LIMITED');
      }
    }));
});
