import { seedClassrooms } from './classrooms.ts';

/** Every seed, for `pnpm db:seed`. */
export const seeds = {
  classrooms: { seed: seedClassrooms },
};
