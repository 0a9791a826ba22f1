import { expect, test } from 'vitest';
import { createKeyedBatcher } from './vote-batcher.ts';

test('what comes while a batch is under way is done in the next, in order, at most so many', async () => {
  const batches: number[][] = [];
  const open = new Map<string, never[]>();
  const call = createKeyedBatcher<string, number, number>(
    async (_, items) => {
      batches.push(items);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return items.map((item) => item * 2);
    },
    3,
    open,
  );
  const results = await Promise.all([0, 1, 2, 3, 4].map((item) => call('a', item)));
  expect(results).toEqual([0, 2, 4, 6, 8]);
  expect(batches).toEqual([[0], [1, 2, 3], [4]]);
  await Promise.resolve();
  expect(open.size).toBe(0);
});

test('keys do not wait for each other', async () => {
  const under: string[] = [];
  const gate = Promise.withResolvers<void>();
  const call = createKeyedBatcher<string, number, number>(async (key, items) => {
    under.push(key);
    await gate.promise;
    return items;
  }, 3);
  const both = Promise.all([call('a', 1), call('b', 2)]);
  expect(under).toEqual(['a', 'b']);
  gate.resolve();
  expect(await both).toEqual([1, 2]);
});

test('a failure fails its own batch, whole, and the next one is done', async () => {
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

test('a result missing is a failure and nobody waits for ever', async () => {
  const call = createKeyedBatcher<string, number, number>(async () => [], 2);
  await expect(call('a', 1)).rejects.toThrow('a result for each');
});
