import { readFile } from 'node:fs/promises';

/** A server that broadcasts events: the API or its baseline. */
export interface Feed {
  url: string;
  /** The process that writes to the listeners. */
  pid: number;
  /** Broadcasts the event of another vote. */
  broadcast: () => Promise<Broadcast>;
  /** The number of reads of changes from the database so far. */
  databaseReads: () => Promise<number>;
}

/** Times are those of `monotonicMs()`. */
export interface Broadcast {
  /** The number of votes in the event. */
  votes: number;
  sentAt: number;
  /** When the vote was acknowledged; for the baseline, when the broadcast began. */
  acknowledgedAt: number;
}

/** Milliseconds on a clock that all processes of the machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** CPU time of a process so far, user and system, in milliseconds. Linux only. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in brackets, which may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process in KiB. Linux only. */
export async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}
