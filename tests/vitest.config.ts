import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude, '{faults,web}/long/**'],
    provide: { campaign: 'short' },
    // No test depends on a fresh module, and importing the modules per file costs CPU time.
    isolate: false,
    globalSetup: '@classroom/db/testing/global-setup',
    // Many tests wait for timeouts of the server, so two workers leave two cores idle.
    maxWorkers: 3,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
