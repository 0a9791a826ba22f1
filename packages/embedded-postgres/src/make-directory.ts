import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a directory and its missing parents, unless it exists. Node's own recursive mkdir never
 * returns where the parent exists and mkdir still fails with ENOENT, as in `/proc`.
 */
export async function makeDirectory(directory: string, mode?: number): Promise<void> {
  try {
    await mkdir(directory, { mode });
  } catch (error) {
    if (await isDirectory(directory)) return;
    const parent = path.dirname(directory);
    if (await isDirectory(parent)) throw error;
    await makeDirectory(parent);
    await makeDirectory(directory, mode);
  }
}

async function isDirectory(file: string): Promise<boolean> {
  return await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
