import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDatabase, openSession } from '@classroom/db';
import { captureQueries } from '@classroom/db/testing/capture-queries';

const run = promisify(execFile);

export interface Floor {
  /** What ran the statement: pgbench, or a loop on pg where there is none. */
  by: string;
  /** Runs the statement of `sessions.create`, and nothing else, as fast as the server goes. */
  measure: (options: { connections: number; seconds: number }) => Promise<number>;
}

/** A session of a new host, with values that can be found again among a query's parameters. */
const SAMPLE = {
  title: 'Algebra I',
  hostDisplayName: 'Ada',
  code: 'CDFGHJKMNP',
  ttlSeconds: 86_400,
  tokenHash: randomBytes(32),
  idempotencyKeyHash: null,
  tokenSeed: null,
};

/** The same values as pgbench draws them. */
const DRAWS = new Map<unknown, string>([
  [SAMPLE.title, `'Algebra I'`],
  [SAMPLE.hostDisplayName, ':host'],
  [SAMPLE.code, ':code'],
  [SAMPLE.ttlSeconds, '86400'],
  [SAMPLE.tokenHash, `sha256(cast(:token as text)::bytea)`],
  [null, 'null'],
]);

export async function openFloor(databaseUrl: string, directory: string): Promise<Floor> {
  const hasPgbench = await run('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
  return hasPgbench ? await pgbenchFloor(databaseUrl, directory) : pgFloor(databaseUrl);
}

async function pgbenchFloor(databaseUrl: string, directory: string): Promise<Floor> {
  const script = path.join(directory, 'create-session.sql');
  const [query] = await captureQueries(databaseUrl, (db) => openSession(db, SAMPLE));
  if (query === undefined) throw new Error('openSession sent nothing');
  const statement = query.sql.replaceAll(/\$(\d+)/g, (_, position: string) => {
    const draw = DRAWS.get(query.parameters[Number(position) - 1]);
    if (draw === undefined) throw new Error(`No draw for parameter ${position}`);
    return draw;
  });
  await writeFile(
    script,
    [
      '\\set host random(1, 1000000000000000)',
      '\\set token random(1, 1000000000000000)',
      '\\set code random(1000000000, 9999999999)',
      `${statement};`,
    ].join('\n'),
  );
  return {
    by: (await run('pgbench', ['--version'])).stdout.trim(),
    async measure({ connections, seconds }) {
      const { stdout } = await run('pgbench', [
        '--no-vacuum',
        '--protocol=prepared',
        `--file=${script}`,
        `--client=${connections}`,
        '--jobs=2',
        `--time=${seconds}`,
        databaseUrl,
      ]);
      const perSecond = /tps = ([\d.]+)/.exec(stdout)?.[1];
      if (perSecond === undefined) throw new Error(`pgbench said:\n${stdout}`);
      return Number(perSecond);
    },
  };
}

function pgFloor(databaseUrl: string): Floor {
  return {
    by: 'a loop on pg (pgbench is not installed)',
    async measure({ connections, seconds }) {
      await using db = createDatabase(databaseUrl, { max: connections });
      const end = performance.now() + seconds * 1000;
      let done = 0;
      const loop = async () => {
        while (performance.now() < end) {
          const hostDisplayName = randomBytes(8).toString('hex');
          const code = `${Math.floor(1e9 + Math.random() * 9e9)}`;
          const tokenHash = randomBytes(32);
          await openSession(db, { ...SAMPLE, hostDisplayName, code, tokenHash });
          done += 1;
        }
      };
      await Promise.all(Array.from({ length: connections }, loop));
      return done / seconds;
    },
  };
}
