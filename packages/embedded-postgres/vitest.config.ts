import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Generous, because CI machines are slow and busy.
  test: { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } },
});
