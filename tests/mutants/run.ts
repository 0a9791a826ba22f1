import { execFile, type ExecFileException } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { type Mutant, mutate } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
/** A mutant that makes a test hang counts as noticed. */
const TIMEOUT_MS = 240_000;
const PNPM = ['--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--prefer-offline'];
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

type Outcome = 'noticed' | 'survived' | 'invalid';

/** The workspace of a file: the first two directories, or `tests`. */
function workspaceOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'apps' || first === 'packages' ? `${first}/${second}` : first;
}

/** @returns why the command failed, or undefined */
async function failureOf(
  cwd: string,
  command: string,
  args: string[],
): Promise<ExecFileException | undefined> {
  try {
    const limits = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    await run(command, args, { cwd, ...limits, killSignal: 'SIGINT' });
    return undefined;
  } catch (error) {
    if (isExecFailure(error)) return error;
    throw error;
  }
}

function isExecFailure(error: unknown): error is ExecFileException {
  return (
    error instanceof Error &&
    'code' in error &&
    (typeof error.code === 'number' || 'killed' in error)
  );
}

async function typechecks(copy: string, { file }: Mutant): Promise<boolean> {
  if (!file.endsWith('.ts')) return true;
  const tsc = path.join(copy, 'node_modules/.bin/tsc');
  return (await failureOf(path.join(copy, workspaceOf(file)), tsc, [])) === undefined;
}

/** @returns the first test that failed, or undefined */
async function findFailedTest(copy: string, tests: readonly string[]): Promise<string | undefined> {
  for (const [workspace, files = []] of Object.entries(Object.groupBy(tests, workspaceOf))) {
    const cwd = path.join(copy, workspace);
    const names = [...new Set(files)].map((file) => path.relative(workspace, file));
    const failed = await runTests(cwd, names);
    // A file fails as a whole when it does not start, which also happens on a busy machine.
    const isTest = failed === undefined || failed.includes(' > ');
    const confirmed = isTest ? failed : await runTests(cwd, names);
    if (confirmed !== undefined) return confirmed;
  }
  return undefined;
}

/** @returns the first test or file that failed, or undefined */
async function runTests(cwd: string, names: string[]): Promise<string | undefined> {
  const vitest = path.join(cwd, 'node_modules/vitest/vitest.mjs');
  const failure = await failureOf(cwd, process.execPath, [vitest, 'run', '--bail=1', ...names]);
  if (failure === undefined) return undefined;
  const output = stripVTControlCharacters(`${failure.stderr}\n${failure.stdout}`);
  const failed = [...output.matchAll(/^ *FAIL +(.+)$/gm)].map(([, name = '']) => name);
  const name = failed.find((each) => each.includes(' > ')) ?? failed[0];
  return name ?? (failure.killed ? 'a timeout' : output);
}

async function tryMutant(copy: string, mutant: Mutant): Promise<[Outcome, string]> {
  const { source, mutated } = await mutate(copy, mutant);
  const file = path.join(copy, mutant.file);
  await writeFile(file, mutated);
  try {
    if (!(await typechecks(copy, mutant))) return ['invalid', 'it does not type-check'];
    const failed = await findFailedTest(copy, mutant.tests);
    return failed === undefined
      ? ['survived', mutant.survives ?? 'add a test']
      : ['noticed', failed];
  } finally {
    await writeFile(file, source);
  }
}

// Arguments select mutants by parts of their names.
const selected = process.argv.slice(2);
const mutants = MUTANTS.filter(
  ({ name }) => selected.length === 0 || selected.some((part) => name.includes(part)),
);
for (const mutant of mutants) await mutate(ROOT, mutant);
const copy = await mkdtemp(path.join(tmpdir(), 'classroom-mutants-'));
try {
  console.log(`Copying the last commit to ${copy}`);
  await run('git', ['clone', '--quiet', ROOT, copy]);
  await run('npx', PNPM, { cwd: copy });
  const counts: Record<Outcome, number> = { noticed: 0, survived: 0, invalid: 0 };
  for (const [index, mutant] of mutants.entries()) {
    const started = performance.now();
    const [outcome, reason] = await tryMutant(copy, mutant);
    counts[outcome] += 1;
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${index + 1}/${mutants.length} ${outcome} (${seconds} s): ${mutant.name}`);
    console.log(`    ${reason}`);
  }
  const valid = counts.noticed + counts.survived;
  const share = Math.round((100 * counts.noticed) / valid);
  console.log(`${counts.noticed} of ${valid} noticed (${share} %), ${counts.invalid} invalid`);
} finally {
  await rm(copy, { recursive: true, force: true });
}
