import { type Database, poolUsage } from '@classroom/db';
import { Gauge, type Registry } from 'prom-client';

/** The connections to the database, read when they are asked for. */
export function measurePool(registry: Registry, db: Database): void {
  const connections = new Gauge({
    name: 'classroom_pool_connections',
    help: 'Connections to the database, by whether a query has them',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle } = poolUsage(db);
      connections.set({ state: 'idle' }, idle);
      connections.set({ state: 'busy' }, total - idle);
    },
  });
  const waiting = new Gauge({
    name: 'classroom_pool_waiting',
    help: 'Queries that wait for a connection',
    registers: [registry],
    collect() {
      waiting.set(poolUsage(db).waiting);
    },
  });
}
