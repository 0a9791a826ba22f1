import type { Response } from './connection.ts';
import { quantile } from '../statistics.ts';

export interface LoadResult {
  /** Calls written per second; lower than requested when the generator could not keep up. */
  offeredPerSecond: number;
  /** Calls per second that succeeded during the load. */
  acceptedPerSecond: number;
  /** Calls per second that got 503 during the load. */
  refusedPerSecond: number;
  /** Milliseconds from when a call was due to its response. */
  accepted: Latencies;
  refused: Latencies;
  /** 503s without `Retry-After` or without the reason UNAVAILABLE. */
  malformed: number;
  /** Calls whose connection the client destroyed before the response. */
  aborted: number;
  /** Calls whose connection the server closed, or that had no response ten seconds after the end. */
  unanswered: number;
  /** Calls with any other status, by status. */
  others: Record<string, number>;
}

export interface Latencies {
  p50: number;
  p99: number;
  max: number;
}

export interface Tally {
  offer: (calls: number) => void;
  abort: () => void;
  /** @param dueAt when the request was due, in `performance.now()` time */
  record: (response: Response | undefined, calls: number, dueAt: number) => void;
  result: () => LoadResult;
}

/** Counts the outcomes of the calls of a load that lasts until `endsAt`. */
export function createTally(seconds: number, endsAt: number): Tally {
  const accepted: number[] = [];
  const refused: number[] = [];
  const others: Record<string, number> = {};
  const counts = { offered: 0, aborted: 0, unanswered: 0, malformed: 0 };
  const inTime = { accepted: 0, refused: 0 };
  return {
    offer: (calls) => {
      counts.offered += calls;
    },
    abort: () => {
      counts.aborted += 1;
    },
    record(response, calls, dueAt) {
      if (response === undefined) {
        counts.unanswered += calls;
        return;
      }
      const now = performance.now();
      const isInTime = now <= endsAt ? 1 : 0;
      for (const status of statusOfEach(response, calls)) {
        if (status === 200) {
          accepted.push(now - dueAt);
          inTime.accepted += isInTime;
        } else if (status === 503) {
          refused.push(now - dueAt);
          inTime.refused += isInTime;
          if (!isWellFormed(response)) counts.malformed += 1;
        } else {
          others[status] = (others[status] ?? 0) + 1;
        }
      }
    },
    result: () => ({
      offeredPerSecond: counts.offered / seconds,
      acceptedPerSecond: inTime.accepted / seconds,
      refusedPerSecond: inTime.refused / seconds,
      accepted: latenciesOf(accepted),
      refused: latenciesOf(refused),
      malformed: counts.malformed,
      aborted: counts.aborted,
      unanswered: counts.unanswered,
      others,
    }),
  };
}

function isWellFormed({ head, body }: Response): boolean {
  return head.includes('\r\nretry-after: ') && body.includes('"reason":"UNAVAILABLE"');
}

/** In a 207 each call of a batch has its own status; any other status applies to all of them. */
function statusOfEach({ status, body }: Response, calls: number): number[] {
  if (status !== 207) return Array.from({ length: calls }, () => status);
  const items: unknown = JSON.parse(body);
  if (!Array.isArray(items)) return [status];
  return items.map((item: { error?: { data: { httpStatus: number } } }) =>
    item.error === undefined ? 200 : item.error.data.httpStatus,
  );
}

function latenciesOf(milliseconds: readonly number[]): Latencies {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? NaN };
}
