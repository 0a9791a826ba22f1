import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findProgram, freePort, startProgram } from './programs.ts';

const PGBOUNCER = findProgram('pgbouncer', '--version');
const [, major = 0, minor = 0] =
  PGBOUNCER === undefined
    ? []
    : (/(\d+)\.(\d+)/.exec(spawnSync(PGBOUNCER, ['--version']).stdout.toString()) ?? []).map(
        Number,
      );

export const hasPgbouncer = PGBOUNCER !== undefined;
/** Version 1.21 added prepared statements to transaction mode. */
export const supportsPreparedStatements = major > 1 || minor >= 21;

/** Session mode needs one for each client connection; in transaction mode clients share them. */
export const SERVER_CONNECTIONS = { session: 12, transaction: 3 };

/** Runs a pgbouncer in front of a database. */
export async function startPgbouncer(
  databaseUrl: string,
  mode: 'session' | 'transaction',
): Promise<AsyncDisposable & { url: string }> {
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
${supportsPreparedStatements ? 'max_prepared_statements = 200' : ''}
ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout
`,
  );
  await chmod(directory, 0o755);
  // pgbouncer refuses to run as root.
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const { stop } = await startProgram(PGBOUNCER ?? '', ['-q', ...asNobody, file], port);
  target.port = String(port);
  return {
    url: target.href,
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
      await rm(directory, { recursive: true });
    },
  };
}
