import { readFile } from 'node:fs/promises';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../../docs/api.md');

/** The names of all procedures, from docs/api.md, which a test of the API compares with its router. */
export async function proceduresOnThePage(): Promise<string[]> {
  const page = await readFile(PAGE, 'utf8');
  return [...page.matchAll(/^\| `(\w+\.\w+)`/gm)].map(([, name = '']) => name);
}
