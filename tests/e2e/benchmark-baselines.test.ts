import { pgbenchScript } from '@classroom/bench/baseline';
import { createSession, joinSession } from '@classroom/bench/procedures';
import { useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';

const database = await useTestDatabase();

test.each([createSession, joinSession])(
  'the baseline of the benchmark $name is the statement of the API with random values',
  async ({ openRound }) => {
    const round = await openRound(database.db);
    const script = await pgbenchScript(round, database.url);
    expect(script).toMatch(/^\\set random_1 random\(\d+, \d+\)$/m);
    expect(script).toContain(':random_1');
    expect(script).not.toMatch(/\$\d/);
  },
);
