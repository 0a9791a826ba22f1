import { defineConfig } from 'vitest/config';

console.log(
  'All fault tests take up to an hour on two cores; an argument selects files by their name.',
);

/** Every fault test in its long form, one file after another: each measures times or memory. */
export default defineConfig({
  test: {
    include: [
      'faults/**/*.test.ts',
      'web/long/*.test.ts',
      'e2e/{anonymity,any-input,host-keys,host-limit,moderation}.test.ts',
    ],
    provide: { campaign: 'long' },
    globalSetup: '@classroom/db/testing/global-setup',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
