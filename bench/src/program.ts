/** Something to measure, with a table in docs/benchmarks.md. */
export interface Program {
  /** As `pnpm bench` takes it, and as docs/benchmarks.md marks its table. */
  name: string;
  /**
   * @param stack takes what is started
   * @param only which rows to measure, where a program can measure some alone; none means all
   * @returns the rows of the table, the head first
   */
  run: (stack: AsyncDisposableStack, only: readonly string[]) => Promise<string[][]>;
}
