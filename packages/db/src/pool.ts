import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { DatabaseError, Pool, type PoolClient, types } from 'pg';
import { PoolFullError } from './errors.ts';
import { createHosts } from './hosts.ts';

export interface PoolOptions {
  /** Maximum number of connections. */
  max?: number;
  /** Maximum number of callers that wait for a connection. Further callers are refused immediately. */
  maxWaiting?: number;
  /** Milliseconds that the server may work on one statement; 0 for no limit. */
  statementTimeoutMs?: number;
  /** Milliseconds that a caller waits for a connection, at all hosts together. */
  connectTimeoutMs?: number;
}

export interface PoolUsage {
  /** Connections, idle ones included. */
  total: number;
  idle: number;
  /** Callers that wait for a connection. */
  waiting: number;
  /** Whether the next caller that would have to wait is refused. */
  isQueueFull: boolean;
}

/** A pool as Kysely expects it, with its usage. */
export interface DatabasePool extends PostgresPool {
  /** Reads the usage from memory. */
  usage: () => PoolUsage;
}

/** For start-up and migrations, which may take as long as they need. */
export const MIGRATION_POOL: PoolOptions = {
  max: 2,
  statementTimeoutMs: 0,
  connectTimeoutMs: 5_000,
};

/** The client's timeout exceeds the server's, because only the server's cancels the statement. */
const QUERY_TIMEOUT_GRACE_MS = 500;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;
/** Closes the connection: a new one may reach another primary or a changed setting. */
const READ_ONLY_TRANSACTION = '25006';

/**
 * Creates a pg pool with a limit on every wait, bigint as number, named statements, several hosts, and
 * connections that survive a terminated backend. A caller has its connection to itself.
 *
 * @param url `postgres://user:password@host:port,host:port/database?target_session_attrs=read-write`
 */
export function createPool(url: string, options: PoolOptions = {}): DatabasePool {
  const { max = 10, maxWaiting = Infinity } = options;
  const { statementTimeoutMs = 2_000, connectTimeoutMs = 2_000 } = options;
  const hosts = createHosts(url, connectTimeoutMs);
  const pool = new Pool({
    Client: hosts.Client,
    application_name: 'classroom',
    max,
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs && statementTimeoutMs + QUERY_TIMEOUT_GRACE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    types: {
      getTypeParser: (oid, format) =>
        oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
    },
  });

  // An 'error' event without a listener ends the process.
  pool.on('error', () => {});

  const isQueueFull = () => pool.waitingCount >= maxWaiting;
  return {
    options: pool.options,
    end: () => pool.end(),
    usage: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      isQueueFull: isQueueFull(),
    }),
    async connect() {
      if (isQueueFull()) throw new PoolFullError();
      return toConnection(await connectInTurn(pool, hosts.count, connectTimeoutMs));
    },
  };
}

/** Tries each host once. pg-pool limits one attempt; the time limit holds for all of them together. */
async function connectInTurn(pool: Pool, attempts: number, timeoutMs: number): Promise<PoolClient> {
  const deadline = performance.now() + timeoutMs;
  let refusal: DatabaseError | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (attempt === 1) return await pool.connect();
      return await connectWithin(pool, deadline - performance.now());
    } catch (error) {
      // The answer of a server, such as a wrong password, says more than a host that is away.
      if (error instanceof DatabaseError) refusal ??= error;
      if (attempt >= attempts || performance.now() >= deadline) throw refusal ?? error;
    }
  }
}

async function connectWithin(pool: Pool, ms: number): Promise<PoolClient> {
  const connecting = pool.connect();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error('timeout exceeded when trying to connect')),
    ms,
  );
  try {
    return await Promise.race([connecting, late.promise]);
  } catch (error) {
    connecting.then(
      (client) => client.release(),
      () => {},
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Adapts a client: names parameterised statements, and does not reuse a broken connection. */
function toConnection(client: PoolClient): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, values: readonly unknown[]) => {
    const name = values.length > 0 ? statementName(text) : undefined;
    try {
      return await client.query({ text, values: [...values], ...(name && { name }) });
    } catch (error) {
      isBroken ||=
        !(error instanceof DatabaseError) ||
        error.severity === 'FATAL' ||
        error.code === READ_ONLY_TRANSACTION;
      throw error;
    }
  };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Kysely's type has an overload for cursors, which this project does not use
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || isBroken),
  };
}

/** Bounds the server's memory: only dynamic SQL has more distinct texts. */
const MAX_NAMED_STATEMENTS = 500;

const names = new Map<string, string>();

/** The name under which PostgreSQL prepares a statement; undefined when there are too many. */
function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MAX_NAMED_STATEMENTS) return known;
  const name = `s${names.size + 1}`;
  names.set(text, name);
  return name;
}
