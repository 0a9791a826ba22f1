import { benchmarks } from './benchmarks/index.ts';
import { runBenchmark } from './run-benchmark.ts';
import { toTable } from './to-table.ts';
import { writeTable } from './write-table.ts';

const OPTIONS = { connections: 32, seconds: 10 };

await using everything = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void everything.disposeAsync().finally(() => process.exit(1)));
}
for (const benchmark of benchmarks) {
  await using stack = everything.use(new AsyncDisposableStack());
  const measurement = await runBenchmark(benchmark, OPTIONS, stack);
  await writeTable(benchmark.name, toTable(benchmark, OPTIONS, measurement));
}
