import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A small defect, and the tests that should notice it. */
export interface Mutant {
  /** The area, a colon, and what is wrong. */
  name: string;
  file: string;
  /** Text that the file contains exactly once. */
  find: string;
  replace: string;
  /** Test files, relative to the repository. */
  tests: readonly string[];
  /** Why no test notices it, for a survivor that is accepted. */
  survives?: string;
}

const testFiles =
  (directory: string) =>
  (...names: string[]): string[] =>
    names.map((name) => `${directory}/${name}.test.ts`);

export const api = testFiles('apps/api/src');
export const client = testFiles('packages/client/src');
export const db = testFiles('packages/db/src');
export const schema = testFiles('packages/schema/src');
export const system = testFiles('tests');

/**
 * Applies a defect to the text of its file, without writing it.
 *
 * @throws Error when the file, a test or the text has moved
 */
export async function mutate(root: string, { name, file, find, replace, tests }: Mutant) {
  const missing = tests.find((test) => !existsSync(path.join(root, test)));
  if (missing !== undefined) throw new Error(`${name}: ${missing} does not exist`);
  const source = await readFile(path.join(root, file), 'utf8');
  const [before, after, ...others] = source.split(find);
  if (before === undefined || after === undefined || others.length > 0) {
    throw new Error(`${name}: ${file} must contain the text exactly once`);
  }
  return { source, mutated: before + replace + after };
}
