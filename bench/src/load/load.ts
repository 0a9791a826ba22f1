import type { Round, RoundOptions } from '../benchmark.ts';

export interface Load {
  /** What sends the requests; its work counts against the API, for it shares the machine. */
  by: string;
  /**
   * Calls a procedure over HTTP. Throws when anything but 200 comes back.
   *
   * @param url of the procedure
   */
  measure: (url: string, round: Round, options: RoundOptions) => Promise<LoadResult>;
}

export interface LoadResult {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}
