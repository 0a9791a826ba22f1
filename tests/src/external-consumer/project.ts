import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const BIN = path.resolve(import.meta.dirname, '../../../node_modules/.bin');
const run = promisify(execFile);

/** Whether npm reaches its configured registry. */
export async function reachesRegistry(): Promise<boolean> {
  const view = ['view', 'eventsource', 'version', '--fetch-retries=0', '--fetch-timeout=5000'];
  return await run('npm', view, { timeout: 15_000 }).then(
    () => true,
    () => false,
  );
}

/** The TypeScript versions that the client's types are compiled with; the workspace has the last. */
export const TYPESCRIPT_VERSIONS = ['5.7', '5.9', '7'] as const;

/** A version of each package that a frontend installs beside the client. */
const PACKAGES = [
  '@trpc/client',
  '@trpc/server',
  '@trpc/tanstack-react-query@11.22.1',
  '@tanstack/react-query@5.108.4',
  'react@19.3.1',
  '@types/react@19.3.3',
  'typescript-5.7@npm:typescript@5.7',
  'typescript-5.9@npm:typescript@5.9',
];

/** A project outside the monorepo that depends on the packed client. */
export interface ExternalProject extends AsyncDisposable {
  /** The directory of the project. */
  root: string;
  /** The directory of the installed client. */
  client: string;
  /** Compiles the project, and returns the errors that do not lie in tRPC's own types. */
  compile: (version: (typeof TYPESCRIPT_VERSIONS)[number]) => Promise<string[]>;
  /** Runs a module in the project, and returns what it prints. */
  run: (text: string) => Promise<string>;
}

/** A strict browser project that also checks the types of its packages. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    // tRPC's types refer to `Disposable`.
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
 * Packs the client, and installs it from the registry beside the packages of a frontend.
 *
 * @param files of the project by name, in addition to lesson.ts
 */
export async function createExternalProject(
  files: Record<string, string>,
): Promise<ExternalProject> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-consumer-'));
  const at = (name: string) => path.join(directory, name);
  const pack = ['--filter', 'client', 'pack', '--pack-destination', directory];
  await run(path.join(BIN, 'pnpm'), pack, { cwd: import.meta.dirname, timeout: 60_000 });
  const [tarball = ''] = await readdir(directory);

  await writeFile(at('package.json'), JSON.stringify({ private: true, type: 'module' }));
  await writeFile(at('tsconfig.json'), JSON.stringify(TSCONFIG));
  await copyFile(path.join(import.meta.dirname, 'lesson.ts'), at('lesson.ts'));
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
  const options = { cwd: directory, timeout: 120_000 };
  const install = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `./${tarball}`,
    ...PACKAGES,
  ];
  await run('npm', install, options);
  return {
    root: directory,
    client: at('node_modules/@classroom/client'),
    compile: async (version) => {
      // The compilers written in JavaScript take twice as long with the types of packages.
      const { stdout } = await (
        version === '7'
          ? run(path.join(BIN, 'tsc'), options)
          : run(at(`node_modules/typescript-${version}/bin/tsc`), ['--skipLibCheck'], options)
      ).catch(outputOf);
      // tRPC's types refer to those of Node and of `ws`.
      return stdout
        .split('\n')
        .filter((line) => line !== '' && !/^ |^node_modules.@trpc/.test(line));
    },
    run: async (text) => {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', text], options);
      return stdout;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

/** The compiler exits with an error when it reports errors. */
function outputOf(error: unknown): { stdout: string } {
  if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
  throw error;
}
