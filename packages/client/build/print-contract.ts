import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const OUTPUT = path.resolve(import.meta.dirname, '../dist/contract');
const HEAD = 'export declare const contract: {';

/**
 * Has the compiler print the contract, all names in it resolved.
 *
 * @returns the text of a module that can stand in for src/contract.ts
 * @throws when the types have errors, or a name or an `any` is left
 */
export async function printContract(): Promise<string> {
  await promisify(execFile)('tsc', ['-p', path.join(import.meta.dirname, 'tsconfig.json')]);
  const printed = await readFile(path.join(OUTPUT, 'packages/client/build/contract.d.ts'), 'utf8');
  await rm(OUTPUT, { recursive: true });
  if (!printed.startsWith(HEAD) || /\bimport\b|\bany\b/.test(printed)) {
    throw new Error(`The contract is not resolved:\n${printed}`);
  }
  return printed.replace(HEAD, 'export interface Contract {');
}
