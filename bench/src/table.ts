import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../../docs/benchmarks.md');

/** The rows of a table, starting with its header. */
export type Rows = readonly (readonly string[])[];

/** Prints a table, and replaces the one between the markers of that name in docs/benchmarks.md. */
export async function writeTable(name: string, rows: Rows): Promise<void> {
  const table = printTable(rows);
  const page = await readFile(PAGE, 'utf8');
  const marked = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!marked.test(page)) throw new Error(`docs/benchmarks.md has no markers for ${name}`);
  await writeFile(PAGE, page.replace(marked, `$1\n${table}\n\n$2`));
}

/** Prints a table as Markdown in the format of oxfmt, and returns it. */
export function printTable(rows: Rows): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const toLine = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  const lines = rows.map(toLine);
  lines.splice(1, 0, toLine(widths.map((width) => '-'.repeat(width))));
  const table = lines.join('\n');
  console.log(`\n${table}`);
  return table;
}
