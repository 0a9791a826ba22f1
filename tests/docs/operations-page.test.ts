import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { useApi } from '../src/client.ts';

const { api } = await useApi();
const read = (file: string) => readFile(path.resolve(import.meta.dirname, '../..', file), 'utf8');

const found = (text: string, pattern: RegExp) =>
  new Set([...text.matchAll(pattern)].map(([, name]) => name));

test('the table of metrics lists every metric of the server', async () => {
  const response = await fetch(`${api.url}/metrics`);
  const metrics = found(await response.text(), /^# TYPE (classroom_\w+)/gm);
  expect(found(await read('docs/operations.md'), /^\| `(classroom_\w+)`/gm)).toEqual(metrics);
});
