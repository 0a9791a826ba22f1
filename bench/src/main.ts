import { benchmarks } from './benchmarks/index.ts';
import { runBenchmark } from './run-benchmark.ts';
import { toTable } from './to-table.ts';
import { writeTable } from './write-table.ts';

const OPTIONS = { connections: 32, seconds: 10 };

const [name] = process.argv.slice(2);
const chosen = benchmarks.filter((benchmark) => name === undefined || benchmark.name === name);
if (chosen.length === 0) {
  const known = benchmarks.map((benchmark) => benchmark.name).join(', ');
  console.error(`There is no benchmark ${name}. There are: ${known}`);
  process.exit(1);
}

await using everything = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void everything.disposeAsync().finally(() => process.exit(1)));
}
for (const benchmark of chosen) {
  await using stack = everything.use(new AsyncDisposableStack());
  const measurement = await runBenchmark(benchmark, OPTIONS, stack);
  await writeTable(benchmark.name, toTable(benchmark, OPTIONS, measurement));
}
