import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { accepts, freePort } from './ports.ts';

/** Debian puts it where not every PATH looks. */
const PROGRAM = ['pgbouncer', '/usr/sbin/pgbouncer'].find(
  (program) => spawnSync(program, ['--version']).status === 0,
);
const [, major = 0, minor = 0] =
  PROGRAM === undefined
    ? []
    : (/(\d+)\.(\d+)/.exec(spawnSync(PROGRAM, ['--version']).stdout.toString()) ?? []).map(Number);

export const hasPgbouncer = PROGRAM !== undefined;
/** From 1.21 on it knows the statements that clients name, in transaction mode too. */
export const knowsNamedStatements = major > 1 || minor >= 21;

export interface RunningPgbouncer extends AsyncDisposable {
  /** The URL of the database through it. */
  url: string;
}

/** Enough for a session each; few enough that clients have to share them. */
export const SERVER_CONNECTIONS = { session: 12, transaction: 3 };

/** A pgbouncer of a test's own before that database. */
export async function startPgbouncer(
  databaseUrl: string,
  mode: 'session' | 'transaction',
): Promise<RunningPgbouncer> {
  const target = new URL(databaseUrl);
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-pgbouncer-'));
  const file = path.join(directory, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]
* = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${SERVER_CONNECTIONS[mode]}
${knowsNamedStatements ? 'max_prepared_statements = 200' : ''}
ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout
`,
  );
  await chmod(directory, 0o755);
  // It refuses to run as root.
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PROGRAM ?? '', ['-q', ...asNobody, file], { stdio: 'ignore' });
  const exit = once(child, 'close');
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  target.port = String(port);
  return {
    url: target.href,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
      await rm(directory, { recursive: true });
    },
  };
}
