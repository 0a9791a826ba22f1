import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { DatabaseError, Pool, type PoolClient, types } from 'pg';
import { createLanes, type Lanes } from './lanes.ts';
import { PoolFullError } from './pool-full-error.ts';
import type { PoolUsage } from './pool-usage.ts';
import { statementName } from './statement-name.ts';

export interface PoolOptions {
  /** The most connections that this pool opens. */
  max?: number;
  /** The most callers that wait for a connection; more are refused at once. */
  maxWaiting?: number;
  /** How long the server may work on one statement; 0 for as long as it takes. */
  statementTimeoutMs?: number;
}

/** As Kysely wants it, and with what it does not ask for. */
export interface MeasuredPool extends PostgresPool {
  usage: () => PoolUsage;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** How much longer the client waits than the server works: its own limit does not cancel there. */
const ANSWER_GRACE_MS = 500;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;
/** How Kysely's driver begins one. */
const BEGINS_TRANSACTION = /^(begin|start transaction)\b/;

/**
 * A pg pool as Kysely wants it, with what pg lacks: limits on every wait, ids as numbers, named
 * statements, several of them under way on one connection, and survival when the server ends it.
 */
export function createPool(url: string, options: PoolOptions = {}): MeasuredPool {
  const { max = 10, maxWaiting = Infinity, statementTimeoutMs = 2_000 } = options;
  const pool = new Pool({
    connectionString: url,
    application_name: 'classroom',
    max,
    keepAlive: true,
    pipeline: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs && statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    types: {
      getTypeParser: (oid, format) =>
        oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
    },
  });

  // An 'error' without a listener ends the process. The pool listens to its idle connections only;
  // of one in use, the query that is under way rejects, and that is where it is dealt with.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const lanes = createLanes(pool, { max, waitMs: CONNECT_TIMEOUT_MS, isBroken });
  const waiting = () => lanes.waiting() + pool.waitingCount;
  return {
    options: pool.options,
    end: () => pool.end(),
    usage: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: waiting() }),
    async connect() {
      return toConnection(pool, lanes, () => {
        if (waiting() >= maxWaiting) throw new PoolFullError();
      });
    },
  };
}

/**
 * A connection as Kysely sees it. Only a transaction has one to itself; other statements share those
 * that are open.
 */
function toConnection(pool: Pool, lanes: Lanes, refuseFull: () => void): PostgresPoolClient {
  let own: PoolClient | undefined;
  let broken = false;
  const query = async (text: string, values: readonly unknown[]) => {
    if (own === undefined) {
      refuseFull();
      if (!BEGINS_TRANSACTION.test(text)) {
        return await lanes.run((client) => send(client, text, values));
      }
      own = await pool.connect();
    }
    try {
      return await send(own, text, values);
    } catch (error) {
      broken ||= isBroken(error);
      throw error;
    }
  };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Kysely's type has a second form, for the cursors of streams, of which there are none here
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => {
      if (own === undefined) return;
      own.release(destroy === true || broken);
      lanes.serve();
    },
  };
}

/** Names each parameterised statement. */
async function send(client: PoolClient, text: string, values: readonly unknown[]) {
  const name = values.length > 0 ? statementName(text) : undefined;
  return await client.query({ text, values: [...values], ...(name && { name }) });
}

/** An answer of the server leaves the connection as it was, unless it was the last one. */
function isBroken(error: unknown): boolean {
  return !(error instanceof DatabaseError) || error.severity === 'FATAL';
}
