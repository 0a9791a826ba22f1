import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const OUTPUT = path.resolve(import.meta.dirname, '../dist/contract');
const HEAD = 'export declare const contract: {';

/**
 * Prints the contract with all names expanded.
 *
 * @returns the source of a module that replaces src/contract.ts
 * @throws when the types have errors, or the output has an import or an `any`
 */
export async function printContract(): Promise<string> {
  await promisify(execFile)('tsc', ['-p', path.join(import.meta.dirname, 'tsconfig.json')]);
  const printed = await readFile(path.join(OUTPUT, 'packages/client/build/contract.d.ts'), 'utf8');
  await rm(OUTPUT, { recursive: true });
  if (!printed.startsWith(HEAD) || /\bimport\b|\bany\b/.test(printed)) {
    throw new Error(`The printed contract has an import or an any:\n${printed}`);
  }
  return printed.replace(HEAD, 'export interface Contract {');
}
