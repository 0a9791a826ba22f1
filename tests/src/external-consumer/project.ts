import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const BIN = path.resolve(import.meta.dirname, '../../../node_modules/.bin');
const run = promisify(execFile);

/** Ends a program that hangs, also on a slow machine or network. */
const SLOW_MS = 200_000;

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

/** A project outside the monorepo. */
export interface ExternalProject extends AsyncDisposable {
  directory: string;
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

/** A version of each package that a frontend installs beside the client. */
const BESIDE_CLIENT = [
  '@trpc/client',
  '@trpc/server',
  '@trpc/tanstack-react-query@11.22.1',
  '@tanstack/react-query@5.108.4',
  'react@19.3.1',
  '@types/react@19.3.3',
  'typescript-5.7@npm:typescript@5.7',
  'typescript-5.9@npm:typescript@5.9',
];

/**
 * Packs the client, and creates a project with it beside the packages of a frontend.
 *
 * @param files of the project by name, in addition to lesson.ts
 */
export async function createClientProject(
  files: Record<string, string>,
): Promise<ExternalProject & { client: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-consumer-'));
  const pack = ['--filter', 'client', 'pack', '--pack-destination', directory];
  await run(path.join(BIN, 'pnpm'), pack, { cwd: import.meta.dirname, timeout: SLOW_MS });
  const [tarball = ''] = await readdir(directory);
  await copyFile(path.join(import.meta.dirname, 'lesson.ts'), path.join(directory, 'lesson.ts'));
  const project = await createProject(directory, [`./${tarball}`, ...BESIDE_CLIENT], files);
  return { ...project, client: path.join(directory, 'node_modules/@classroom/client') };
}

/** Its generator needs the API of TypeScript 5. */
const GENERATOR = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'];

/**
 * Creates a project with `api.d.ts`, which openapi-typescript generates from the document.
 *
 * @param files of the project by name
 */
export async function createGeneratedProject(
  document: unknown,
  files: Record<string, string>,
): Promise<ExternalProject> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-generated-'));
  const all = { ...files, 'openapi.json': JSON.stringify(document) };
  const project = await createProject(directory, GENERATOR, all);
  const generator = path.join(directory, 'node_modules/openapi-typescript/bin/cli.js');
  const generate = ['openapi.json', '--output', 'api.d.ts', '--default-non-nullable=false'];
  await run(process.execPath, [generator, ...generate], { cwd: directory, timeout: SLOW_MS });
  return project;
}

/** Writes a project into an empty directory, and installs packages from the registry. */
async function createProject(
  directory: string,
  packages: readonly string[],
  files: Record<string, string>,
): Promise<ExternalProject> {
  const at = (name: string) => path.join(directory, name);
  await writeFile(at('package.json'), JSON.stringify({ private: true, type: 'module' }));
  await writeFile(at('tsconfig.json'), JSON.stringify(TSCONFIG));
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
  const options = { cwd: directory, timeout: SLOW_MS };
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages];
  await run('npm', install, options);
  return {
    directory,
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
