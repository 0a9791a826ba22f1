import { type Database, describeServer } from '@classroom/db';
import type { FastifyInstance } from 'fastify';
import { NEVER_SHED } from './load-shedding.ts';

/**
 * `/livez`: the process answers. `/readyz`: so does the database, and it is not about to stop; send it
 * requests.
 */
export function useHealth(app: FastifyInstance, db: Database, stopping: AbortSignal): void {
  app.get('/livez', { config: NEVER_SHED }, () => ({ status: 'ok' }));
  app.get('/readyz', { config: NEVER_SHED }, async (_request, reply) => {
    const status = stopping.aborted ? 'stopping' : await databaseStatus(db);
    if (status !== 'ok') void reply.code(503).header('retry-after', '1');
    return { status };
  });
}

async function databaseStatus(db: Database): Promise<'ok' | 'database unavailable'> {
  return await describeServer(db).then(
    () => 'ok',
    () => 'database unavailable',
  );
}
