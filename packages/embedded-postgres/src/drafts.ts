import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isRunning } from './pid-file.ts';

/** Tells this process from an earlier one that had the same id, as in a restarted container. */
const OWNER = `${process.pid}-${randomBytes(4).toString('hex')}`;

/** Release 0.1.0 named no owner. */
const DRAFT = /^draft-(?:(?<owner>(?<pid>\d+)-[\da-f]{8})-)?\w{6}$/;

/** Makes a directory in which this process prepares a cluster. */
export async function makeDraft(place: string): Promise<string> {
  return await mkdtemp(path.join(place, `draft-${OWNER}-`));
}

/** Removes the drafts of processes that were killed while they prepared a cluster. */
export async function removeAbandonedDrafts(place: string): Promise<void> {
  for (const name of (await readdir(place)).filter(isAbandoned)) {
    // Retries, for an initdb that outlived its parent may still write there. A draft that cannot be
    // removed does no harm.
    await rm(path.join(place, name), { recursive: true, force: true, maxRetries: 10 }).catch(
      () => {},
    );
  }
}

function isAbandoned(name: string): boolean {
  const match = DRAFT.exec(name);
  if (match === null) return false;
  const { owner, pid } = match.groups ?? {};
  if (pid === undefined) return true;
  return Number(pid) === process.pid ? owner !== OWNER : !isRunning(Number(pid));
}
