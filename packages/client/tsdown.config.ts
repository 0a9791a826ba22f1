import { defineConfig } from 'tsdown';
import { printContract } from './build/print-contract.ts';

/**
 * A package for any project: one module, and one declaration in which the printed contract stands in
 * for the types of the server and of the schema.
 */
export default defineConfig({
  entry: 'src/index.ts',
  platform: 'neutral',
  target: 'es2022',
  dts: { generator: 'oxc' },
  plugins: [
    {
      name: 'printed-contract',
      load: {
        order: 'pre',
        filter: { id: /[\\/]client[\\/]src[\\/]contract\.d\.ts$/ },
        handler: printContract,
      },
    },
  ],
});
