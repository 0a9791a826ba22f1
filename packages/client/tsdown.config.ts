import { defineConfig } from 'tsdown';
import { printContract } from './build/print-contract.ts';

/** Builds one module and one declaration file, which has the printed contract and no server types. */
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
