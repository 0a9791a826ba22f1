import { checkWritable, type Database } from '@classroom/db';
import type { FastifyInstance } from 'fastify';

const STATUSES = {
  writable: 'ok',
  'read-only': 'database read-only',
  full: 'database full',
} as const;

/** Bounds the rate of checks, independently of the rate of requests. */
const REUSE_MS = 1_000;
/** Each check of a full disk leaves an empty file behind until PostgreSQL restarts. */
const REUSE_FULL_MS = 5_000;

/**
 * Serves `/livez`, 200 while the process responds, and `/readyz`, 200 while the database accepts writes
 * and the process is not stopping.
 *
 * @param db with a connection of its own, so that no other query delays the response
 */
export function registerHealthRoutes(
  app: FastifyInstance,
  db: Database,
  stopping: AbortSignal,
): void {
  let pending: Promise<string> | undefined;
  const check = async () => {
    const status = await checkDatabase(db);
    const reuseMs = status === STATUSES.full ? REUSE_FULL_MS : REUSE_MS;
    setTimeout(() => (pending = undefined), reuseMs).unref();
    return status;
  };

  app.get('/livez', { config: { neverShed: true } }, () => ({ status: 'ok' }));
  app.get('/readyz', { config: { neverShed: true } }, async (_request, reply) => {
    pending ??= check();
    const status = stopping.aborted ? 'stopping' : await pending;
    if (status !== 'ok') void reply.code(503).header('retry-after', '1');
    return { status };
  });
}

async function checkDatabase(db: Database): Promise<string> {
  return await checkWritable(db).then(
    (found) => STATUSES[found],
    () => 'database unavailable',
  );
}
