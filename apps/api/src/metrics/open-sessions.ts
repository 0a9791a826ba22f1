import { countOpenSessions, type Database } from '@classroom/db';
import { Gauge, type Registry } from 'prom-client';

/** A count stops here; more than that reads as this many. */
const AT_MOST = 100_000;
const COUNT_EVERY_MS = 1_000;
/** An older count is not shown: the database is away. */
const SHOWN_FOR_MS = 120_000;

/**
 * The open sessions in the database, the same for all processes. A scrape shows what was counted
 * after the one before, so that none waits for the database: the first shows nothing.
 */
export function measureOpenSessions(registry: Registry, db: Database): void {
  let askedAt = -Infinity;
  let countedAt = -Infinity;
  let open = 0;

  const gauge = new Gauge({
    name: 'classroom_sessions_open',
    help: 'Open sessions in the database, as of the scrape before; the same for all processes',
    registers: [registry],
    collect() {
      const now = performance.now();
      if (now - countedAt < SHOWN_FOR_MS) gauge.set(open);
      else gauge.remove();
      if (now - askedAt >= COUNT_EVERY_MS) {
        askedAt = now;
        void count();
      }
    },
  });

  async function count(): Promise<void> {
    try {
      open = await countOpenSessions(db, AT_MOST);
      countedAt = performance.now();
    } catch {
      // The calls that fail as well say so, in the logs and in their own metric.
    }
  }
}
