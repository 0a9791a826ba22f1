import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { procedureDocs } from '@classroom/api/procedure-docs';

const OUTPUT = path.resolve(import.meta.dirname, '../dist/contract');
const HEAD = 'export declare const contract: {';

/**
 * Prints the contract with all names expanded, and with the summary and description that the OpenAPI
 * document has of each procedure, which editors show.
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
  return addDocs(printed.replace(HEAD, 'export interface Contract {'));
}

/** Matches the first line of a feature (8 spaces) or a procedure (12 spaces). */
const NAME = /^( {8}| {12})(\w+): \{$/;

function addDocs(contract: string): string {
  let feature = '';
  const lines = contract.split('\n').map((line) => {
    const [, indent = '', name = ''] = NAME.exec(line) ?? [];
    if (indent.length === 8) feature = name;
    const docs = indent.length === 12 ? procedureDocs(`${feature}.${name}`) : undefined;
    if (docs === undefined) return line;
    const { summary, description, deprecated = false } = docs;
    const text = `/**\n${summary}.\n\n${description}${deprecated ? '\n\n@deprecated' : ''}\n*/`;
    return `${text.replaceAll('\n', `\n${indent} * `).replace(/ \* \*\/$/, ' */')}\n${line}`;
  });
  return lines.join('\n');
}
