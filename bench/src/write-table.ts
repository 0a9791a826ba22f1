import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../../docs/benchmarks.md');

/**
 * Prints a table and puts it into docs/benchmarks.md between the marks of that name.
 *
 * @param rows the head first
 */
export async function writeTable(
  name: string,
  rows: readonly (readonly string[])[],
): Promise<void> {
  const table = printTable(rows);
  const page = await readFile(PAGE, 'utf8');
  const marked = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!marked.test(page)) throw new Error(`docs/benchmarks.md has no marks for ${name}`);
  await writeFile(PAGE, page.replace(marked, `$1\n${table}\n\n$2`));
}

/**
 * Prints a table as Markdown and returns it.
 *
 * @param rows the head first
 */
export function printTable(rows: readonly (readonly string[])[]): string {
  // Padded as the formatter would pad it, so that the page passes its check.
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const toLine = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const lines = rows.map(toLine);
  lines.splice(1, 0, toLine(widths.map((width) => '-'.repeat(width))));
  const table = lines.join('\n');
  console.log(`\n${table}`);
  return table;
}
