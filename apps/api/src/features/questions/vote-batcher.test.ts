import { expect, test } from 'vitest';
import { createKeyedBatcher } from './vote-batcher.ts';

test('items that arrive while a batch is running form the next batches, in order and up to the maximum size', async () => {
  const batches: number[][] = [];
  const queues = new Map<string, never[]>();
  const call = createKeyedBatcher<string, number, number>(
    async (_, items) => {
      batches.push(items);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return items.map((item) => item * 2);
    },
    3,
    queues,
  );
  const results = await Promise.all([0, 1, 2, 3, 4].map((item) => call('a', item)));
  expect(results).toEqual([0, 2, 4, 6, 8]);
  expect(batches).toEqual([[0], [1, 2, 3], [4]]);
  await expect.poll(() => queues.size).toBe(0);
});

test('batches of different keys run in parallel', async () => {
  const running: string[] = [];
  const gate = Promise.withResolvers<void>();
  const call = createKeyedBatcher<string, number, number>(async (key, items) => {
    running.push(key);
    await gate.promise;
    return items;
  }, 3);
  const both = Promise.all([call('a', 1), call('b', 2)]);
  expect(running).toEqual(['a', 'b']);
  gate.resolve();
  expect(await both).toEqual([1, 2]);
});

test('a failure rejects every item of its batch, and the next batch runs', async () => {
  let n = 0;
  const call = createKeyedBatcher<string, number, number>(async (_, items) => {
    n += 1;
    if (n === 2) throw new Error('away');
    return items;
  }, 2);
  const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => call('a', item)));
  expect(settled.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ]);
});

test('a missing result rejects the batch', async () => {
  const call = createKeyedBatcher<string, number, number>(async () => [], 2);
  await expect(call('a', 1)).rejects.toThrow('one result per item');
});
