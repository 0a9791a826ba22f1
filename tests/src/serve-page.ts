import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type InlineConfig, preview } from 'vite';

const ROOT = path.resolve(import.meta.dirname, '../browser');

export interface ServedPage extends AsyncDisposable {
  /** On 127.0.0.1, which has `localhost` as its other name, and so its other origin. */
  port: number;
}

/** Bundles the page as a frontend would be, and serves it. */
export async function servePage(): Promise<ServedPage> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'classroom-page-'));
  const config: InlineConfig = { root: ROOT, configFile: false, logLevel: 'warn' };
  await build({ ...config, build: { outDir, emptyOutDir: true } });
  const server = await preview({
    ...config,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const address = server.httpServer.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
