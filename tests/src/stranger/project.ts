import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const BIN = path.resolve(import.meta.dirname, '../../../node_modules/.bin');
const run = promisify(execFile);

/** Whether npm can install packages here, from the registry that it is set to. */
export async function reachesRegistry(): Promise<boolean> {
  const view = ['view', 'eventsource', 'version', '--fetch-retries=0', '--fetch-timeout=5000'];
  return await run('npm', view, { timeout: 15_000 }).then(
    () => true,
    () => false,
  );
}

/** A project outside the monorepo that has the packed client installed, and nothing else. */
export interface StrangersProject extends AsyncDisposable {
  /** Where the client is installed in it. */
  client: string;
  /** What the compiler says of the project, line by line. */
  check: () => Promise<string[]>;
  /** Runs a module of the project, given as text; gives what it prints. */
  run: (text: string) => Promise<string>;
}

/** The settings of a strict browser project, which checks the types of packages too. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    // The types of tRPC name what can be disposed of.
    lib: ['es2024', 'dom', 'dom.iterable', 'esnext.disposable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  },
};

/**
 * Packs the client, and installs it with its dependencies from the registry.
 *
 * @param files of the project, by name, beside lesson.ts
 */
export async function newStrangersProject(
  files: Record<string, string>,
): Promise<StrangersProject> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-stranger-'));
  const at = (name: string) => path.join(directory, name);
  const pack = ['--filter', 'client', 'pack', '--pack-destination', directory];
  await run(path.join(BIN, 'pnpm'), pack, { cwd: import.meta.dirname, timeout: 60_000 });
  const [tarball = ''] = await readdir(directory);

  await writeFile(at('package.json'), JSON.stringify({ private: true, type: 'module' }));
  await writeFile(at('tsconfig.json'), JSON.stringify(TSCONFIG));
  await copyFile(path.join(import.meta.dirname, 'lesson.ts'), at('lesson.ts'));
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
  const options = { cwd: directory, timeout: 90_000 };
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`];
  await run('npm', install, options);
  return {
    client: at('node_modules/@classroom/client'),
    check: async () => {
      const { stdout } = await run(path.join(BIN, 'tsc'), options).catch(asFailed);
      return stdout.split('\n').filter((line) => line !== '');
    },
    run: async (text) => {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', text], options);
      return stdout;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

/** The compiler exits with an error when it finds some; that is an answer. */
function asFailed(error: unknown): { stdout: string } {
  if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
  throw error;
}
