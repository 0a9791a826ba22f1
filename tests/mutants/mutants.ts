import { ACCESS } from './access.ts';
import { CONTRACT } from './contract.ts';
import { LIMITS } from './limits.ts';
import { LIVE } from './live.ts';
import type { Mutant } from './mutant.ts';
import { OPERATION } from './operation.ts';

export const MUTANTS: readonly Mutant[] = [
  ...ACCESS,
  ...LIMITS,
  ...CONTRACT,
  ...LIVE,
  ...OPERATION,
];
