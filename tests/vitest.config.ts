import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // For `pnpm test:faults`.
    exclude: [...configDefaults.exclude, 'faults/long/**'],
    globalSetup: '@classroom/db/testing/global-setup',
    testTimeout: 120_000,
    // A second is not enough on a busy machine.
    expect: { poll: { timeout: 5_000 } },
    hookTimeout: 120_000,
  },
});
