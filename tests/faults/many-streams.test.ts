import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { createClient } from '@classroom/client';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { hear } from '../src/hear.ts';
import { startApi } from '../src/start-api.ts';

const STREAMS = 1_000;
const AT_ONCE = 100;
const ROUNDS = 4;
/** Not much more than the process needs: what each of so many streams left behind would fill it. */
const HEAP_MIB = 64;
// So near its limit a heap is collected all the time, which takes long on a busy machine.
const PATIENCE_MS = 300_000;

test(
  'a thousand streams opened and closed leave nothing behind',
  { timeout: PATIENCE_MS },
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({
      DATABASE_URL: database.url,
      LOG_LEVEL: 'warn',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    });
    const url = `${api.url}/trpc`;
    const { code, hostToken } = await createClient({ url }).sessions.create.mutate({
      title: 'Algebra I',
      hostDisplayName: `Ada ${randomUUID()}`,
    });
    const input = encodeURIComponent(JSON.stringify({ code }));
    const openAndClose = () =>
      new Promise<void>((resolve, reject) => {
        const call = request(`${url}/sessions.events?input=${input}`, {
          agent: false,
          headers: { accept: 'text/event-stream', authorization: `Bearer ${hostToken}` },
        });
        call.once('response', (response) => response.once('data', () => call.destroy()));
        call.once('close', resolve);
        call.once('error', reject);
        call.end();
      });

    const memory: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let done = 0; done < STREAMS; done += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, openAndClose));
      }
      memory.push(await memoryOf(api.child.pid));
    }
    console.log(
      `memory after each thousand streams: ${memory.map((kib) => kib >> 10).join(', ')} MiB`,
    );

    using ear = await hear(createClient({ url, token: hostToken }), code);
    const listening = () =>
      ear.heard.flatMap(({ data }) => (data.type === 'presence' ? [data.listening] : [])).at(-1);
    await expect.poll(listening, { timeout: 5_000 }).toBe(1);
    // A heap that is full ends the process.
    expect([api.child.exitCode, api.child.signalCode]).toEqual([null, null]);
  },
);

/** In KiB. */
async function memoryOf(pid: number | undefined): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout);
}
