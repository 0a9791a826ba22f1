import { defineConfig } from 'vitest/config';

// Generous, because CI machines are slow and busy.
export default defineConfig({ test: { testTimeout: 60_000 } });
