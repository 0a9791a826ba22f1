import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // No test depends on a fresh module, and importing the modules per file costs CPU time.
    isolate: false,
    globalSetup: './src/testing/global-setup.ts',
    // Generous, because CI machines are slow and busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
