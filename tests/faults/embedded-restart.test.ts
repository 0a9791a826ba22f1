import { expect, test } from 'vitest';
import {
  embeddedUrl,
  killServer,
  processesOf,
  storedCodes,
  temporaryDirectory,
} from '../src/embedded-server.ts';
import { createUntilStopped } from '../src/load.ts';
import { startApi } from '@classroom/api/start';

const SERVED_AGAIN = { timeout: 90_000 };

test('an embedded server killed twice under load is restarted and loses no acknowledged session', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir });
  using load = createUntilStopped(api.url, 5);
  const countOf = (report: RegExp) => api.output().match(report)?.length ?? 0;
  for (const kill of [1, 2]) {
    await load.acknowledges(30);
    await killServer(dataDir);
    const killed = performance.now();
    await load.acknowledges(30);
    console.log(`kill ${kill}: served again after ${Math.round(performance.now() - killed)} ms`);
    // Calls may be served before the supervisor has found the server.
    await expect.poll(() => countOf(/embedded PostgreSQL is back/g), SERVED_AGAIN).toBe(kill);
  }
  await load.stop();
  expect(load.unexpected).toEqual([]);
  expect(await storedCodes(await embeddedUrl(dataDir))).toEqual(load.acknowledged.toSorted());
  expect(countOf(/embedded PostgreSQL has ended/g)).toBe(2);
  expect(countOf(/embedded PostgreSQL is back/g)).toBe(2);

  // Stops the API in the middle of a restart.
  await killServer(dataDir);
  api.child.kill('SIGINT');
  expect(await api.exit).toBe(0);
  await expect.poll(() => processesOf(dataDir)).toEqual([]);
});

test('two processes serve again after their shared embedded server is killed', async () => {
  const dataDir = await temporaryDirectory();
  await using first = await startApi({ DATA_DIR: dataDir });
  await using second = await startApi({ DATA_DIR: dataDir });
  await killServer(dataDir);
  for (const api of [first, second]) {
    const status = async () => (await fetch(`${api.url}/readyz`)).status;
    await expect.poll(api.output, SERVED_AGAIN).toContain('embedded PostgreSQL is back');
    await expect.poll(status, SERVED_AGAIN).toBe(200);
  }
  await first[Symbol.asyncDispose]();
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  await second[Symbol.asyncDispose]();
  await expect.poll(() => processesOf(dataDir)).toEqual([]);
});
