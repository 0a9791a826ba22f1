import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const DIST = path.resolve(import.meta.dirname, '../../apps/web/dist');
const MAX_BYTES = 110_000;

const scripts = new Map<string, string>();
for (const file of await readdir(path.join(DIST, 'assets'))) {
  if (file.endsWith('.js')) {
    scripts.set(file, await readFile(path.join(DIST, 'assets', file), 'utf8'));
  }
}
const page = await readFile(path.join(DIST, 'index.html'), 'utf8');
const [entry = ''] = /[^/"]+\.js(?=")/.exec(page) ?? [];

/** The script that holds a module which is loaded on demand. */
function scriptOf(name: string): string {
  const found = [...scripts.keys()].find((file) => file.startsWith(`${name}-`));
  if (found === undefined) throw new Error(`The build has no script of ${name}`);
  return found;
}

/** A script, and every script that it imports statically. */
function withImports(file: string, found = new Set<string>()): Set<string> {
  const text = scripts.get(file);
  if (text === undefined) throw new Error(`The build has no ${file}`);
  if (found.has(file)) return found;
  found.add(file);
  for (const [, imported = ''] of text.matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)) {
    withImports(imported, found);
  }
  return found;
}

function gzippedBytes(names: readonly string[]): number {
  const loaded = new Set<string>();
  for (const file of [entry, ...names.map(scriptOf)]) withImports(file, loaded);
  expect(loaded.size).toBeGreaterThan(2);
  const sizes = [...loaded].map((file) => gzipSync(scripts.get(file) ?? '').length);
  return sizes.reduce((sum, size) => sum + size, 0);
}

// The cockpit loads its people and devices after the questions, and every page its QR code.
test.each([
  ['de', 'the page of a student', ['Student']],
  ['en', 'the page of a student', ['Student']],
  ['de', 'the start page', ['Home']],
  ['de', 'the pairing page', ['Pair']],
  ['de', 'the wall', ['Wall']],
  ['de', 'the cockpit', ['Cockpit']],
])('in "%s", the first load of %s has at most 110 kB of JavaScript', (language, _page, names) => {
  expect(gzippedBytes([language, ...names])).toBeLessThanOrEqual(MAX_BYTES);
});
