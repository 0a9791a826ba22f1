import { type Client, reasonOf } from '@classroom/client';
import { z } from 'zod';

/** Longer than those that are drawn, so that no session has it. */
export const WRONG_CODE = 'CCCCCCCCCC';
const BATCH = 10;

/** How often the calls ended with each reason; `none` for those that succeeded. */
export async function countReasons(
  calls: readonly Promise<unknown>[],
): Promise<Record<string, number>> {
  const reasons = await Promise.all(calls.map((call) => call.then(() => 'none', reasonOf)));
  return Object.fromEntries(
    Object.entries(Object.groupBy(reasons, (reason) => reason ?? 'unknown')).map(
      ([reason, { length = 0 } = []]) => [reason, length],
    ),
  );
}

/** Calls that may be sent at once: load shedding refuses more than 160. */
const CONCURRENT = 150;

/** Gets a session that many times, up to 150 at once. */
export async function guess({ sessions }: Client, times: number, code = WRONG_CODE) {
  const total: Record<string, number> = {};
  for (let left = times; left > 0; left -= CONCURRENT) {
    const calls = Array.from({ length: Math.min(left, CONCURRENT) }, () =>
      sessions.get.query({ code }),
    );
    for (const [reason, count] of Object.entries(await countReasons(calls))) {
      total[reason] = (total[reason] ?? 0) + count;
    }
  }
  return total;
}

const answers = z.array(
  z.object({ error: z.object({ data: z.object({ reason: z.string() }) }).optional() }),
);

/** The reasons of a batch of wrong codes, as if a proxy had brought it from that address. */
async function guessBatch(at: { url: string }, address: string, size: number): Promise<string[]> {
  const procedures = Array(size).fill('sessions.get').join(',');
  const inputs = Object.fromEntries(
    Array.from({ length: size }, (_, n) => [n, { code: WRONG_CODE }]),
  );
  const query = new URLSearchParams({ batch: '1', input: JSON.stringify(inputs) });
  const response = await fetch(`${at.url}/trpc/${procedures}?${query.toString()}`, {
    headers: { 'x-forwarded-for': address },
  });
  return answers.parse(await response.json()).map(({ error }) => error?.data.reason ?? 'none');
}

/** Tries that many wrong codes, ten by ten. */
export async function guessFrom(
  at: { url: string },
  address: string,
  times: number,
): Promise<void> {
  for (let n = 0; n < times; n += BATCH) await guessBatch(at, address, BATCH);
}

/** What one wrong code from that address gets. */
export async function reasonFrom(at: { url: string }, address: string): Promise<string> {
  const [reason = ''] = await guessBatch(at, address, 1);
  return reason;
}
