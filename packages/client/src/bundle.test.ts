import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';

/** The client with live sessions and all dependencies. */
const MAX_GZIPPED_BYTES = 17_500;

test('a browser bundle has no server code and stays below its size limit', async () => {
  const bundle = await rolldown({
    input: path.join(import.meta.dirname, 'index.ts'),
    platform: 'browser',
  });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();

  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  const imports = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.imports : []));
  expect(modules.some((id) => id.endsWith('client/src/create-client.ts'))).toBe(true);
  const bytes = gzipSync(output.map((file) => (file.type === 'chunk' ? file.code : '')).join(''));
  console.log(`The client takes ${bytes.length} bytes in a browser, gzipped`);
  expect(bytes.length).toBeLessThan(MAX_GZIPPED_BYTES);
  const server = /apps\/api|packages\/db|node_modules\/(pg|kysely|fastify|pino|zod)\//;
  expect(modules.filter((id) => server.test(id))).toEqual([]);
  expect(imports.filter((id) => !id.endsWith('.js'))).toEqual([]);
});
