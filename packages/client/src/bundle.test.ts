import path from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';

test('no server code reaches a browser bundle', async () => {
  const bundle = await rolldown({
    input: path.join(import.meta.dirname, 'index.ts'),
    platform: 'browser',
  });
  const { output } = await bundle.generate();
  await bundle.close();

  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  const imports = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.imports : []));
  expect(modules.some((id) => id.endsWith('client/src/create-client.ts'))).toBe(true);
  const server = /apps\/api|packages\/db|node_modules\/(pg|kysely|fastify|pino)\//;
  expect(modules.filter((id) => server.test(id))).toEqual([]);
  expect(imports.filter((id) => !id.endsWith('.js'))).toEqual([]);
});
