import type { Pool, PoolClient } from 'pg';
import { PoolFullError } from './pool-full-error.ts';

/** How many statements a connection has under way: the server begins the next without a pause. */
const DEPTH = 2;

/** A connection that statements share. None of them may begin a transaction. */
interface Lane {
  client: PoolClient;
  underWay: number;
  broken: boolean;
}

interface Waiting {
  start: (lane: Lane) => void;
  refuse: (error: unknown) => void;
}

export interface LanesOptions {
  /** The most connections that the pool opens. */
  max: number;
  /** How long a statement waits for its turn. */
  waitMs: number;
  /** Whether a connection can no longer be used, after a statement on it failed like that. */
  isBroken: (error: unknown) => boolean;
}

export interface Lanes {
  /**
   * Runs a statement on a connection of its own or, when all are in use, behind another.
   *
   * @throws PoolFullError when it has waited too long for its turn
   */
  run: <Result>(statement: (client: PoolClient) => Promise<Result>) => Promise<Result>;
  /** How many statements wait for their turn, but for those for whom a connection is being opened. */
  waiting: () => number;
  /** To be called when a transaction has given its connection back. */
  serve: () => void;
}

/**
 * Spreads statements over the connections of a pool whose clients pipeline. Callers are served
 * in order. A transaction takes a connection for itself from the same pool: while one waits for it, no
 * statement begins behind another.
 */
export function createLanes(pool: Pool, { max, waitMs, isBroken }: LanesOptions): Lanes {
  const lanes = new Set<Lane>();
  const waiting: Waiting[] = [];
  let opening = 0;

  const hasFreeConnection = () =>
    pool.idleCount + max - pool.totalCount > pool.waitingCount || lanes.size + opening === 0;

  const laneWithRoom = () => {
    let best: Lane | undefined;
    if (pool.waitingCount > 0) return best;
    for (const lane of lanes) {
      const hasRoom = lane.underWay < DEPTH && !lane.broken;
      if (hasRoom && (best === undefined || lane.underWay < best.underWay)) best = lane;
    }
    return best;
  };

  const open = async () => {
    opening += 1;
    try {
      const client = await pool.connect();
      const lane: Lane = { client, underWay: 0, broken: false };
      lanes.add(lane);
      startNext(lane);
    } catch (error) {
      waiting.shift()?.refuse(error);
    }
    opening -= 1;
    dispatch();
  };

  const dispatch = () => {
    // Each connection that is being opened is for one of those who wait.
    while (waiting.length > opening) {
      if (hasFreeConnection()) {
        void open();
        continue;
      }
      const lane = laneWithRoom();
      if (lane === undefined) return;
      startNext(lane);
    }
  };

  const startNext = (lane: Lane) => {
    const next = waiting.shift();
    if (next === undefined) return releaseIfUnused(lane);
    lane.underWay += 1;
    next.start(lane);
  };

  const releaseIfUnused = (lane: Lane) => {
    if (lane.underWay > 0) return;
    lanes.delete(lane);
    lane.client.release(lane.broken);
  };

  const turn = () =>
    new Promise<Lane>((resolve, reject) => {
      const entry: Waiting = {
        start: (lane) => {
          clearTimeout(timer);
          resolve(lane);
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(new PoolFullError());
      }, waitMs);
      waiting.push(entry);
      dispatch();
    });

  return {
    async run(statement) {
      const lane = await turn();
      try {
        return await statement(lane.client);
      } catch (error) {
        lane.broken ||= isBroken(error);
        throw error;
      } finally {
        lane.underWay -= 1;
        releaseIfUnused(lane);
        dispatch();
      }
    },
    waiting: () => Math.max(0, waiting.length - opening),
    serve: dispatch,
  };
}
