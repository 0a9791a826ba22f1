import { randomUUID } from 'node:crypto';
import type { Client } from '@classroom/client';
import { useTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { countReasons } from '../src/guess.ts';
import { startApi } from '../src/start-api.ts';

const database = await useTestDatabase();

const startLimited = (env: Record<string, string> = {}) =>
  startApi({ DATABASE_URL: database.url, RATE_LIMITS: 'on', LOG_LEVEL: 'warn', ...env });
const create = ({ sessions }: Client) =>
  sessions.create.mutate({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });

describe('the submission limit', () => {
  /** Submits that many questions one after the other, and withdraws each. */
  async function submitAndWithdraw(client: Client, code: string, times: number) {
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < times; n += 1) {
      const submitted = client.questions.submit.mutate({ code, body: `Why ${n}?` });
      calls.push(submitted);
      await submitted.then(
        ({ id: questionId }) => client.questions.withdraw.mutate({ questionId }),
        () => {},
      );
    }
    return await countReasons(calls);
  }

  async function lesson(api: Awaited<ReturnType<typeof startLimited>>) {
    const { code, hostToken } = await create(clientOf(api));
    const joined = await clientOf(api).sessions.join.mutate({ code, displayName: 'Ben' });
    return { code, host: clientOf(api, hostToken), ben: clientOf(api, joined.participantToken) };
  }

  test('refuses the 21st call of a participant in a minute, and no call of others', async () => {
    await using api = await startLimited();
    const { code, host, ben } = await lesson(api);
    expect(await submitAndWithdraw(ben, code, 25)).toEqual({ none: 20, RATE_LIMITED: 5 });
    const failure: unknown = await ben.questions.submit
      .mutate({ code, body: 'Why?' })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      data: { reason: 'RATE_LIMITED', httpStatus: 429, retryAfterSeconds: expect.any(Number) },
    });
    expect(await submitAndWithdraw(host, code, 1)).toEqual({ none: 1 });
    expect((await ben.questions.list.query({ code })).items).toEqual([]);
  });

  test('refuses parallel calls above the limit', async () => {
    await using api = await startLimited();
    const { code, ben } = await lesson(api);
    const calls = Array.from({ length: 50 }, () =>
      ben.questions.submit.mutate({ code, body: 'Why?' }),
    );
    expect(await countReasons(calls)).toEqual({ none: 3, QUESTION_LIMIT: 17, RATE_LIMITED: 30 });
  });

  test('answers an unknown token with UNAUTHENTICATED, however often', async () => {
    await using api = await startLimited();
    const { code } = await lesson(api);
    expect(await submitAndWithdraw(clientOf(api, 'made-up'), code, 50)).toEqual({
      UNAUTHENTICATED: 50,
    });
  });

  test('does not apply with RATE_LIMITS=off', async () => {
    await using api = await startLimited({ RATE_LIMITS: 'off' });
    const { code, ben } = await lesson(api);
    expect(await submitAndWithdraw(ben, code, 25)).toEqual({ none: 25 });
  });
});
