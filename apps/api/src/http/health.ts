import { type Database, serverVersion } from '@classroom/db';
import type { FastifyInstance } from 'fastify';

/** `/livez`: the process answers. `/readyz`: it is of use, so a balancer may send it requests. */
export function useHealth(app: FastifyInstance, db: Database): void {
  let draining = false;
  app.addHook('preClose', async () => {
    draining = true;
  });
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const problem = draining ? 'draining' : await databaseProblem(db);
    return problem === undefined
      ? { status: 'ok' }
      : await reply.code(503).header('retry-after', '1').send({ status: problem });
  });
}

async function databaseProblem(db: Database): Promise<string | undefined> {
  return await serverVersion(db).then(
    () => undefined,
    () => 'database unavailable',
  );
}
