import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const MAIN = path.resolve(import.meta.dirname, '../../demo/src/main.ts');

export interface DemoRun {
  output: string;
  errors: string;
  exitCode: unknown;
}

const REFUSED = 'The API refused a call: UNAVAILABLE\n';

/** Runs the demo against an API without a terminal, again while a busy server refuses a call. */
export async function runDemo(apiUrl: string): Promise<DemoRun> {
  const child = spawn(process.execPath, [MAIN], {
    env: { API_URL: apiUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [exitCode]: unknown[] = await once(child, 'close');
  return errors === REFUSED ? await runDemo(apiUrl) : { output, errors, exitCode };
}

/** The lines of the demo with placeholders for the values that differ from run to run. */
export function normalizedLines(output: string): string[] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/http:\S+/, 'URL')
        .replace(/#\d+/, '#ID')
        .replace(/code( to join)? is \w+/, 'code$1 is CODE'),
    );
}
