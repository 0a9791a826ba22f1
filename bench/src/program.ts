/** Something to measure, with a table in docs/benchmarks.md. */
export interface Program {
  /** As `pnpm bench` takes it, and as docs/benchmarks.md marks its table. */
  name: string;
  /** @returns the rows of the table, the head first; what is started goes to `stack` */
  run: (stack: AsyncDisposableStack) => Promise<string[][]>;
}
