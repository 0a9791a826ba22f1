import { defineConfig } from 'vitest/config';

/** What takes a minute or the whole machine; one after another, for each measures something. */
export default defineConfig({
  test: {
    include: ['faults/long/*.test.ts'],
    fileParallelism: false,
    globalSetup: '@classroom/db/testing/global-setup',
    testTimeout: 600_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 5_000 } },
  },
});
