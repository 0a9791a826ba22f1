// Builds the web app when its build is missing or older than its sources. A failure stops nothing: the
// server then serves the previous build, or says that there is none.
import { spawnSync } from 'node:child_process';
import cluster from 'node:cluster';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const WEB = path.join(ROOT, 'apps/web');
const PAGE = path.join(WEB, 'dist/index.html');
const SOURCES = [
  'apps/web/index.html',
  'apps/web/package.json',
  'apps/web/public',
  'apps/web/src',
  'apps/web/vite.config.ts',
  'packages/client/src',
  'packages/schema/src',
  'pnpm-lock.yaml',
];

// Node passes `--import` on to the workers of the server.
if (cluster.isPrimary && !isCurrent()) build();

function isCurrent() {
  if (!existsSync(PAGE)) return false;
  const built = statSync(PAGE).mtimeMs;
  return SOURCES.flatMap(withContent).every((file) => statSync(file).mtimeMs <= built);
}

/** A directory with everything in it: its own time changes when a file is removed. */
function withContent(source) {
  const file = path.join(ROOT, source);
  if (!statSync(file).isDirectory()) return [file];
  return [file, ...readdirSync(file, { recursive: true }).map((name) => path.join(file, name))];
}

function build() {
  console.log('Building the web app …');
  const start = new Date();
  try {
    const manifest = createRequire(path.join(WEB, 'package.json')).resolve('vite/package.json');
    const vite = path.join(path.dirname(manifest), 'bin/vite.js');
    const built = spawnSync(process.execPath, [vite, 'build'], { cwd: WEB, stdio: 'ignore' });
    if (built.status !== 0) throw new Error('vite build has failed');
    // A source may have changed during the build.
    utimesSync(PAGE, start, start);
  } catch {
    console.error(
      `The web app cannot be built; ${existsSync(PAGE) ? 'the previous build is served' : 'the API starts without it'}. ` +
        'The reason: npx --yes pnpm@12.21.0 --filter @classroom/web build',
    );
  }
}
