import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../../docs/benchmarks.md');

/**
 * Prints a table, and puts it into docs/benchmarks.md between the marks of that name.
 *
 * @param rows the head first
 */
export async function writeTable(
  name: string,
  rows: readonly (readonly string[])[],
): Promise<void> {
  const lines = rows.map((row) => `| ${row.join(' | ')} |`);
  lines.splice(1, 0, `|${' --- |'.repeat(rows[0]?.length ?? 0)}`);
  const table = lines.join('\n');
  console.log(`\n${table}`);

  const page = await readFile(PAGE, 'utf8');
  const marked = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`);
  if (!marked.test(page)) throw new Error(`docs/benchmarks.md has no marks for ${name}`);
  await writeFile(PAGE, page.replace(marked, `$1\n${table}\n$2`));
}
