import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDatabase } from '@classroom/db';
import { captureQueries } from '@classroom/db/testing/inspection';
import { type Round, sha256 } from './procedures.ts';
import { type RandomDigits, randomDigits, rangeOf } from './random-digits.ts';
import { type RoundOptions, callsPerSecond } from './statistics.ts';

const exec = promisify(execFile);

/** Runs only the statement of a round, as fast as the database server can. */
export interface Baseline {
  name: string;
  /** @returns statements per second */
  measure: (round: Round, options: RoundOptions) => Promise<number>;
}

/**
 * Uses pgbench when it is installed, else a loop on pg.
 *
 * @param directory for the script of pgbench
 */
export async function openBaseline(databaseUrl: string, directory: string): Promise<Baseline> {
  const version = await exec('pgbench', ['--version']).catch(() => undefined);
  return version === undefined
    ? pgLoop(databaseUrl)
    : pgbench(version.stdout.trim(), databaseUrl, directory);
}

function pgLoop(databaseUrl: string): Baseline {
  return {
    name: 'a loop on pg (pgbench is not installed)',
    async measure(round, options) {
      await using db = createDatabase(databaseUrl, { max: options.connections });
      return await callsPerSecond(() => round.statement(db, randomDigits), options);
    },
  };
}

function pgbench(name: string, databaseUrl: string, directory: string): Baseline {
  const script = path.join(directory, 'baseline.sql');
  return {
    name,
    async measure(round, { connections, seconds }) {
      await writeFile(script, await pgbenchScript(round, databaseUrl));
      const { stdout } = await exec('pgbench', [
        '--no-vacuum',
        '--protocol=prepared',
        `--file=${script}`,
        `--client=${connections}`,
        '--jobs=2',
        `--time=${seconds}`,
        databaseUrl,
      ]);
      const perSecond = /tps = ([\d.]+)/.exec(stdout)?.[1];
      if (perSecond === undefined) throw new Error(`pgbench printed no rate:\n${stdout}`);
      return Number(perSecond);
    },
  };
}

/**
 * Captures the statement of a sample call, and replaces each of its random parameters by a random variable
 * of pgbench.
 */
export async function pgbenchScript(round: Round, databaseUrl: string): Promise<string> {
  const lines: string[] = [];
  const expressions = new Map<string, string>();
  const recordDigits: RandomDigits = (digits) => {
    const value = randomDigits(digits);
    const { min, max } = rangeOf(digits);
    const variable = `random_${lines.length + 1}`;
    lines.push(`\\set ${variable} random(${min}, ${max})`);
    expressions.set(value, `:${variable}`);
    expressions.set(sha256(value).toString('hex'), `sha256(cast(:${variable} as text)::bytea)`);
    return value;
  };

  const queries = await captureQueries(databaseUrl, (db) => round.statement(db, recordDigits));
  const [query] = queries;
  if (query === undefined || queries.length > 1) {
    throw new Error(`A call must send one statement, but this one sent ${queries.length}`);
  }
  const statement = query.sql.replaceAll(/\$(\d+)/g, (_, position: string) => {
    const value = query.parameters[Number(position) - 1];
    const key = Buffer.isBuffer(value) ? value.toString('hex') : String(value);
    return expressions.get(key) ?? toLiteral(value);
  });
  return [...lines, `${statement};`].join('\n');
}

function toLiteral(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (Buffer.isBuffer(value)) return String.raw`'\x${value.toString('hex')}'`;
  throw new Error(`No SQL literal for a parameter of type ${typeof value}`);
}
