import type { Database } from '@classroom/db';
import type { Draw } from './draw.ts';

/** A procedure of the API, to be measured against the statement that it sends. */
export interface Benchmark {
  /** As `pnpm bench` takes it, and as docs/benchmarks.md marks its table. */
  name: string;
  /** The path of the procedure, such as `sessions.create`. */
  procedure: string;
  /** What is measured, in the words of the table's head. */
  title: string;
  /** Puts into the database what the calls of one round need, anew for each round. */
  openRound: (db: Database) => Promise<Round>;
}

export interface Round {
  /** The input of one call. */
  input: (draw: Draw) => object;
  /** Sends the one statement that the API sends for such a call. */
  statement: (db: Database, draw: Draw) => Promise<unknown>;
}

export interface RoundOptions {
  connections: number;
  seconds: number;
}
