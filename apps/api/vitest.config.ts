import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: '@classroom/db/testing/global-setup',
    testTimeout: 60_000,
    // A second is not enough on a busy machine.
    expect: { poll: { timeout: 5_000 } },
    hookTimeout: 60_000,
  },
});
