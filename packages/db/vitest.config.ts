import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Starting a database takes seconds on a busy machine.
  test: { globalSetup: './src/testing/global-setup.ts', testTimeout: 60_000, hookTimeout: 60_000 },
});
