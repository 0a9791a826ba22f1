import { checkWritable, type Database } from '@classroom/db';
import type { FastifyInstance } from 'fastify';

const STATUSES = {
  writable: 'ok',
  'read-only': 'database read-only',
  full: 'database full',
} as const;
const UNAVAILABLE = 'database unavailable';
type DatabaseStatus = (typeof STATUSES)[keyof typeof STATUSES] | typeof UNAVAILABLE;

/** However many ask, the database is asked at most this often. */
const REUSE_MS = 1_000;
/** Each check of a full disk leaves an empty file behind until PostgreSQL restarts. */
const REUSE_FULL_MS = 5_000;

/**
 * `/livez`: the process answers. `/readyz`: the database takes writes and the process is not about to
 * stop; send it requests.
 *
 * @param db has a connection that nothing else uses, so that no caller holds up the answer
 */
export function registerHealthRoutes(
  app: FastifyInstance,
  db: Database,
  stopping: AbortSignal,
): void {
  let check: Promise<DatabaseStatus> | undefined;
  const askOnce = async () => {
    const status = await askDatabase(db);
    const reuseMs = status === STATUSES.full ? REUSE_FULL_MS : REUSE_MS;
    setTimeout(() => (check = undefined), reuseMs).unref();
    return status;
  };

  app.get('/livez', { config: { neverShed: true } }, () => ({ status: 'ok' }));
  app.get('/readyz', { config: { neverShed: true } }, async (_request, reply) => {
    check ??= askOnce();
    const status = stopping.aborted ? 'stopping' : await check;
    if (status !== 'ok') void reply.code(503).header('retry-after', '1');
    return { status };
  });
}

async function askDatabase(db: Database): Promise<DatabaseStatus> {
  return await checkWritable(db).then(
    (found) => STATUSES[found],
    () => UNAVAILABLE,
  );
}
