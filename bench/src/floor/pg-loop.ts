import { createDatabase } from '@classroom/db';
import { drawAtRandom } from '../draw.ts';
import { perSecond } from '../per-second.ts';
import type { Floor } from './floor.ts';

export function pgLoop(databaseUrl: string): Floor {
  return {
    by: 'a loop on pg (pgbench is not installed)',
    async measure(round, options) {
      await using db = createDatabase(databaseUrl, { max: options.connections });
      return await perSecond(() => round.statement(db, drawAtRandom), options);
    },
  };
}
