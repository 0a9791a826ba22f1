import { programs } from './programs.ts';
import { printTable, writeTable } from './write-table.ts';

const [name, ...only] = process.argv.slice(2);
const chosen = programs.filter((program) => name === undefined || program.name === name);
if (chosen.length === 0) {
  const known = programs.map((program) => program.name).join(', ');
  console.error(`There is no benchmark ${name}. There are: ${known}`);
  process.exit(1);
}

await using everything = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void everything.disposeAsync().finally(() => process.exit(1)));
}
for (const program of chosen) {
  await using stack = everything.use(new AsyncDisposableStack());
  const rows = await program.run(stack, only);
  // A part of a table is printed, and does not replace the whole on the page.
  if (only.length === 0) await writeTable(program.name, rows);
  else printTable(rows);
}
