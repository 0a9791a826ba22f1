import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Starting a server takes seconds on a busy machine.
  test: { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 5_000 } } },
});
