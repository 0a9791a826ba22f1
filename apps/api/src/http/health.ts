import { type Database, describeServer } from '@classroom/db';
import type { FastifyInstance } from 'fastify';

/** `/livez`: the process answers. `/readyz`: so does the database; send it requests. */
export function useHealth(app: FastifyInstance, db: Database): void {
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const answers = await describeServer(db).then(
      () => true,
      () => false,
    );
    if (answers) return { status: 'ok' };
    return reply.code(503).header('retry-after', '1').send({ status: 'database unavailable' });
  });
}
