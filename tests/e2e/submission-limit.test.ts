import type { Client } from '@classroom/client';
import { describe, expect, test } from 'vitest';
import { clientOf, countReasons, createSession, useApi } from '../src/client.ts';
import { times } from '../src/load.ts';
import { startApi } from '@classroom/api/start';

const { database, api } = await useApi({ RATE_LIMITS: 'on', LOG_LEVEL: 'warn' });

/** Submits questions one after another, and withdraws each. */
async function submitAndWithdraw(client: Client, code: string, count: number) {
  const calls: Promise<unknown>[] = [];
  for (let n = 0; n < count; n += 1) {
    const submission = client.questions.submit.mutate({ code, body: `Why ${n}?` });
    calls.push(submission);
    await submission.then(
      ({ id: questionId }) => client.questions.withdraw.mutate({ questionId }),
      () => {},
    );
  }
  return await countReasons(calls);
}

async function openClassroom(at: { url: string }) {
  const { code, hostToken } = await createSession(at);
  const joined = await clientOf(at).sessions.join.mutate({ code, displayName: 'Ben' });
  return { code, host: clientOf(at, hostToken), ben: clientOf(at, joined.participantToken) };
}

describe('the submission limit', () => {
  test('refuses the 21st call of a participant in a minute, and no call of other participants', async () => {
    const { code, host, ben } = await openClassroom(api);
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
    const { code, ben } = await openClassroom(api);
    const calls = times(50).map(() => ben.questions.submit.mutate({ code, body: 'Why?' }));
    expect(await countReasons(calls)).toEqual({ none: 3, QUESTION_LIMIT: 17, RATE_LIMITED: 30 });
  });

  test('does not apply to unknown tokens, which get UNAUTHENTICATED', async () => {
    const { code } = await createSession(api);
    expect(await submitAndWithdraw(clientOf(api, 'unknown'), code, 50)).toEqual({
      UNAUTHENTICATED: 50,
    });
  });

  test('does not apply with RATE_LIMITS=off', async () => {
    await using unlimited = await startApi({ DATABASE_URL: database.url });
    const { code, ben } = await openClassroom(unlimited);
    expect(await submitAndWithdraw(ben, code, 25)).toEqual({ none: 25 });
  });
});
