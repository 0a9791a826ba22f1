import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { DatabaseError, Pool, type PoolClient, types } from 'pg';
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

/**
 * A pg pool as Kysely wants it, with what pg lacks: limits on every wait, ids as numbers, named
 * statements, and survival when the server ends a connection.
 */
export function createPool(url: string, options: PoolOptions = {}): MeasuredPool {
  const { max = 10, maxWaiting = Infinity, statementTimeoutMs = 2_000 } = options;
  const pool = new Pool({
    connectionString: url,
    application_name: 'classroom',
    max,
    keepAlive: true,
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

  const connections = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    usage: () => ({
      max,
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    async connect() {
      // pg lets any number wait, each for as long as a connection may take to open.
      if (pool.waitingCount >= maxWaiting) throw new PoolFullError();
      const client = await pool.connect();
      let connection = connections.get(client);
      if (connection === undefined) {
        connection = toConnection(client);
        connections.set(client, connection);
      }
      return connection;
    },
  };
}

/** Names each parameterised statement, and does not reuse a connection that failed beneath one. */
function toConnection(client: PoolClient): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, values: readonly unknown[]) => {
    const name = values.length > 0 ? statementName(text) : undefined;
    try {
      return await client.query({ text, values: [...values], ...(name && { name }) });
    } catch (error) {
      // An answer of the server leaves the connection as it was, unless it was the last one.
      broken ||= !(error instanceof DatabaseError) || error.severity === 'FATAL';
      throw error;
    }
  };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Kysely's type has a second form, for the cursors of streams, of which there are none here
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || broken),
  };
}
