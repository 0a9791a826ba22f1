import { programs } from './programs.ts';
import { writeTable } from './write-table.ts';

const [name] = process.argv.slice(2);
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
  await writeTable(program.name, await program.run(stack));
}
