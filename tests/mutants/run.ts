import { execFile, type ExecFileException } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Mutant, MUTANTS } from './mutants.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
/** A mutant that makes a test hang counts as noticed. */
const TIMEOUT_MS = 240_000;
const PNPM = ['--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--prefer-offline'];

type Outcome = 'noticed' | 'survived' | 'invalid';

/** The workspace of a file: the first two directories, or `tests`. */
function workspaceOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'apps' || first === 'packages' ? `${first}/${second}` : first;
}

async function succeeds(cwd: string, command: string, args: string[]): Promise<boolean> {
  try {
    await run(command, args, { cwd, timeout: TIMEOUT_MS, killSignal: 'SIGINT' });
    return true;
  } catch (error) {
    if (isExecFailure(error)) return false;
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
  const tsc = path.join(copy, 'node_modules/.bin/tsc');
  return file.endsWith('.ts') ? await succeeds(path.join(copy, workspaceOf(file)), tsc, []) : true;
}

async function testsPass(copy: string, tests: readonly string[]): Promise<boolean> {
  for (const [workspace, files = []] of Object.entries(Object.groupBy(tests, workspaceOf))) {
    const cwd = path.join(copy, workspace);
    const names = files.map((file) => path.relative(workspace, file));
    const vitest = path.join(cwd, 'node_modules/vitest/vitest.mjs');
    const passed = await succeeds(cwd, process.execPath, [vitest, 'run', '--bail=1', ...names]);
    if (!passed) return false;
  }
  return true;
}

async function tryMutant(copy: string, mutant: Mutant): Promise<Outcome> {
  const file = path.join(copy, mutant.file);
  const source = await readFile(file, 'utf8');
  const [before, after, ...others] = source.split(mutant.find);
  if (before === undefined || after === undefined || others.length > 0) {
    throw new Error(`${mutant.name}: ${mutant.file} must contain the text exactly once`);
  }
  await writeFile(file, before + mutant.replace + after);
  try {
    if (!(await typechecks(copy, mutant))) return 'invalid';
    return (await testsPass(copy, mutant.tests)) ? 'survived' : 'noticed';
  } finally {
    await writeFile(file, source);
  }
}

const [only = ''] = process.argv.slice(2);
const mutants = MUTANTS.filter(({ name }) => name.includes(only));
const copy = await mkdtemp(path.join(tmpdir(), 'classroom-mutants-'));
try {
  console.log(`Copying the last commit to ${copy}`);
  await run('git', ['clone', '--quiet', ROOT, copy]);
  await run('npx', PNPM, { cwd: copy });
  const counts: Record<Outcome, number> = { noticed: 0, survived: 0, invalid: 0 };
  for (const [index, mutant] of mutants.entries()) {
    const started = performance.now();
    const outcome = await tryMutant(copy, mutant);
    counts[outcome] += 1;
    const seconds = Math.round((performance.now() - started) / 1000);
    const known = outcome === 'survived' && mutant.survives ? ` (${mutant.survives})` : '';
    console.log(`${index + 1}/${mutants.length} ${outcome} ${mutant.name} ${seconds} s${known}`);
  }
  const valid = counts.noticed + counts.survived;
  const share = Math.round((100 * counts.noticed) / valid);
  console.log(`${counts.noticed} of ${valid} noticed (${share} %), ${counts.invalid} invalid`);
} finally {
  await rm(copy, { recursive: true, force: true });
}
