import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const DIST = path.resolve(import.meta.dirname, '../../apps/web/dist');
const MAX_BYTES = 110_000;

/** The scripts that a page of the web app loads, with those that they import statically. */
