import { createDatabase } from '@classroom/db';
import { drawAtRandom } from '../draw.ts';
import type { Floor } from './floor.ts';

export function pgLoop(databaseUrl: string): Floor {
  return {
    by: 'a loop on pg (pgbench is not installed)',
    async measure(round, { connections, seconds }) {
      await using db = createDatabase(databaseUrl, { max: connections });
      const end = performance.now() + seconds * 1000;
      let done = 0;
      const loop = async () => {
        while (performance.now() < end) {
          await round.statement(db, drawAtRandom);
          done += 1;
        }
      };
      await Promise.all(Array.from({ length: connections }, loop));
      return done / seconds;
    },
  };
}
