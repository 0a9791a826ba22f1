import type { Database } from '@classroom/db';
import type { RoundOptions } from '../benchmark.ts';
import { measureSessions, type Speed } from './measure-sessions.ts';

const ROUNDS = 5;

/** What one round found, of the database and of an empty one. */
export interface Round {
  filled: Speed;
  empty: Speed;
}

/**
 * Measures a database beside an empty one: turn by turn, so that what else the machine does falls on
 * both.
 */
export async function measureBeside(
  filled: Database,
  empty: Database,
  options: RoundOptions,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    rounds.push({
      filled: await measureSessions(filled, options),
      empty: await measureSessions(empty, options),
    });
  }
  return rounds;
}
