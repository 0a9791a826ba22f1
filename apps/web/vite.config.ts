import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv, type Plugin } from 'vite';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');

/** Modules that most pages load. */
const SHARED =
  /node_modules|preload-helper|packages\/client|web\/src\/(?:[a-z-]+\.tsx?|components|hooks)/;
/** Modules that some pages load later. */
const ON_DEMAND =
  /main\.tsx|QrImage|DeletionCheck|uqr|queryObserver|infiniteQuery|useBaseQuery|useQuery\.|errorBoundaryUtils|suspense|QueryErrorReset|IsRestoring/i;

export default defineConfig(({ mode }) => {
  // The port of the API beside the development server, from the environment or `.env`.
  const { PORT = '' } = loadEnv(mode, REPOSITORY, 'PORT');
  const api = `http://127.0.0.1:${PORT === '' ? '3000' : PORT}`;
  return {
    plugins: [react(), compress()],
    build: {
      target: 'es2022',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: {
        output: {
          // One file instead of many small ones, which take 2 kB more when they are compressed.
          codeSplitting: {
            groups: [{ name: 'shared', test: (id) => SHARED.test(id) && !ON_DEMAND.test(id) }],
          },
        },
      },
    },
    server: { proxy: { '/trpc': api, '/api': api } },
  };
});

/** Writes a compressed file beside each script and style sheet, which the server sends as it is. */
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const files = Object.keys(bundle).filter((file) => /\.(?:js|css)$/.test(file));
      for (const file of files.map((name) => path.join(dir, name))) {
        const compressed = await promisify(gzip)(await readFile(file), { level: 9 });
        await writeFile(`${file}.gz`, compressed);
      }
    },
  };
}
