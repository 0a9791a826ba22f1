import path from 'node:path';
import { expect, test } from 'vitest';
import { mutate } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

test.each(MUTANTS)('the defect "$name" applies to the code of today', async (mutant) => {
  const { source, mutated } = await mutate(ROOT, mutant);
  expect(mutated).not.toBe(source);
});
