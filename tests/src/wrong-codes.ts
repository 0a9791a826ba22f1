import type { Client } from '@classroom/client';
import { z } from 'zod';
import { countBy, countReasons, fetchServed } from './client.ts';

/** Longer than generated codes: no session has it. */
export const WRONG_CODE = 'CCCCCCCCCC';
/** The wrong codes that an address may send in a minute. */
export const GUESSES = 100;
const WINDOW_MS = 60_000;
const MAX_BATCH_SIZE = 10;
/** Load shedding refuses more than 160 statements at once. */
const CONCURRENT = 140;

let networks = 0;

/**
 * Runs a test that counts guesses of one minute, with the number of a network that no other test uses.
 * Repeats it, with another network, when it fails after more than a minute, as on a slow machine.
 */
export async function inOneWindow(run: (network: number) => Promise<void>): Promise<void> {
  for (;;) {
    const started = performance.now();
    networks += 1;
    try {
      return await run(networks);
    } catch (error) {
      if (performance.now() - started < WINDOW_MS) throw error;
    }
  }
}

/** Looks a code up many times, and counts the outcomes by reason. */
export async function sendCodes(
  { sessions }: Client,
  count: number,
  code = WRONG_CODE,
): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  for (let left = count; left > 0; left -= CONCURRENT) {
    const calls = Array.from({ length: Math.min(left, CONCURRENT) }, () =>
      sessions.get.query({ code }),
    );
    for (const [reason, n] of Object.entries(await countReasons(calls))) {
      total[reason] = (total[reason] ?? 0) + n;
    }
  }
  return total;
}

const responses = z.array(
  z.object({ error: z.object({ data: z.object({ reason: z.string() }) }).optional() }),
);

/** Looks a code up in one batch with an `X-Forwarded-For` header. */
async function sendBatch(
  { url }: { url: string },
  forwardedFor: string,
  size: number,
  code = WRONG_CODE,
): Promise<string[]> {
  const procedures = Array(size).fill('sessions.get').join(',');
  const inputs = Object.fromEntries(Array.from({ length: size }, (_, n) => [n, { code }]));
  const query = new URLSearchParams({ batch: '1', input: JSON.stringify(inputs) });
  const response = await fetchServed(`${url}/trpc/${procedures}?${query.toString()}`, {
    headers: { 'x-forwarded-for': forwardedFor },
  });
  return responses.parse(await response.json()).map(({ error }) => error?.data.reason ?? 'none');
}

/** Sends wrong codes with an `X-Forwarded-For` header, and counts the outcomes by reason. */
export async function sendCodesFrom(
  api: { url: string },
  forwardedFor: string,
  count: number,
): Promise<Record<string, number>> {
  const reasons: string[] = [];
  for (let left = count; left > 0; left -= MAX_BATCH_SIZE) {
    reasons.push(...(await sendBatch(api, forwardedFor, Math.min(left, MAX_BATCH_SIZE))));
  }
  return countBy(reasons);
}

/** Looks a code up with an `X-Forwarded-For` header, and returns the reason, or `none` when it is right. */
export async function reasonFrom(
  api: { url: string },
  forwardedFor: string,
  code = WRONG_CODE,
): Promise<string> {
  const [reason = ''] = await sendBatch(api, forwardedFor, 1, code);
  return reason;
}
