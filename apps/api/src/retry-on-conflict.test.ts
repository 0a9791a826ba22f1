import { ConflictError } from '@classroom/db';
import { expect, test } from 'vitest';
import { retryOnConflict } from './retry-on-conflict.ts';

test('retryOnConflict retries an attempt that throws a ConflictError', async () => {
  let attempts = 0;
  const result = await retryOnConflict(async () => {
    attempts += 1;
    if (attempts < 3) throw new ConflictError();
    return 'done';
  });
  expect([result, attempts]).toEqual(['done', 3]);
});

test('retryOnConflict passes isLast to the eighth attempt, and then fails with UNAVAILABLE', async () => {
  const attempts: boolean[] = [];
  const failure = retryOnConflict(async (isLast) => {
    attempts.push(isLast);
    throw new ConflictError();
  });
  await expect(failure).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  expect(attempts).toEqual([...Array(7).fill(false), true]);
});

test('retryOnConflict does not retry other errors', async () => {
  let attempts = 0;
  const failure = retryOnConflict(async () => {
    attempts += 1;
    throw new Error('other');
  });
  await expect(failure).rejects.toThrow('other');
  expect(attempts).toBe(1);
});
