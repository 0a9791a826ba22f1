import type { Round, RoundOptions } from '../benchmark.ts';

export interface Floor {
  /** What runs the statement: pgbench, or a loop on pg where there is none. */
  by: string;
  /**
   * Runs the statement of a round, and nothing else, as fast as the server goes.
   *
   * @returns how often per second
   */
  measure: (round: Round, options: RoundOptions) => Promise<number>;
}
