import { readdir, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { Cluster } from './cluster.ts';

/** One log file for each day of the week, truncated when the server writes to it a week later. */
export const LOG_SETTINGS = [
  'logging_collector=on',
  'log_directory=log',
  'log_filename=postgresql-%a.log',
  'log_truncate_on_rotation=on',
  'log_rotation_age=1d',
  'log_rotation_size=0',
  // Terse leaves out the details, which hold column values.
  'log_error_verbosity=terse',
] as const;

const KEPT_MS = 6 * 86_400_000;
const START_LOG_BYTES = 1_000_000;

/**
 * Removes log files of earlier weeks and truncates a large start log. PostgreSQL rotates at midnight
 * only: a server started each morning would append to last week's file.
 */
export async function limitLogs({ startLog, logDirectory }: Cluster): Promise<void> {
  for (const name of await readdir(logDirectory).catch(() => [])) {
    const file = path.join(logDirectory, name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - KEPT_MS) await rm(file, { force: true });
  }
  const { size } = await stat(startLog).catch(() => ({ size: 0 }));
  if (size > START_LOG_BYTES) await truncate(startLog);
}
