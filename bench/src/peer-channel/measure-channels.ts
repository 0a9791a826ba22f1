import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerChannel } from '@classroom/api/live/peer-channel';
import type { Transport } from './transports.ts';

/** Each has one change on the way at a time. */
const SESSIONS = 1_000;
/** The processes in which a session has listeners. */
const PROCESSES_PER_SESSION = 2;
const WARM_UP_MS = 1_000;
const MEASURED_MS = 3_000;

export interface ChannelResult {
  changesPerSecond: number;
  /** CPU time per change in microseconds. */
  serverCpu: number;
  /** The same of all simulated processes. */
  processesCpu: number;
}

/**
 * Publishes the next change of a session when each other process with its listeners has received the last
 * one. A process without listeners makes the changes when there is only one process with listeners.
 */
export async function measureChannels(
  transport: Transport,
  processes: number,
): Promise<ChannelResult> {
  await using stack = new AsyncDisposableStack();
  const channels: PeerChannel[] = [];
  let changes = 0;
  let isEnding = false;
  const missing = Array.from({ length: SESSIONS }, () => 0);
  const sessions = [...missing.keys()];
  const members = sessions.map((session) => {
    const numbers = Array.from({ length: PROCESSES_PER_SESSION }, (_, n) => session + n);
    return new Set(numbers.map((number) => number % processes));
  });
  const publishNext = (session: number) => {
    const publisher = processes === 1 ? 1 : (session + changes) % processes;
    const receivers = [...(members[session] ?? [])].filter((member) => member !== publisher);
    missing[session] = receivers.length;
    channels[publisher]?.publishChange(session);
  };
  const receive = (process: number, session: number) => {
    if (isEnding || members[session]?.has(process) !== true) return;
    missing[session] = (missing[session] ?? 0) - 1;
    if (missing[session] > 0) return;
    changes += 1;
    publishNext(session);
  };
  for (let process = 0; process < Math.max(processes, 2); process += 1) {
    channels.push(
      await transport.open(({ changed }) => {
        for (const session of changed) receive(process, session);
      }, stack),
    );
  }
  for (const [session, subscribers] of members.entries()) {
    for (const member of subscribers) channels[member]?.subscribe(session);
  }
  // Publishing before the last subscription has arrived would lose a hint.
  await sleep(WARM_UP_MS);
  sessions.forEach(publishNext);
  await sleep(WARM_UP_MS);

  const started = { at: performance.now(), cpu: process.cpuUsage(), changes };
  const serverCpuBefore = await transport.serverCpuMs();
  await sleep(MEASURED_MS);
  const measured = changes - started.changes;
  const serverCpuMs = (await transport.serverCpuMs()) - serverCpuBefore;
  const seconds = (performance.now() - started.at) / 1_000;
  const { user, system } = process.cpuUsage(started.cpu);
  isEnding = true;
  if (measured < SESSIONS) throw new Error(`${transport.name} has lost hints`);
  return {
    changesPerSecond: measured / seconds,
    serverCpu: (serverCpuMs * 1_000) / measured,
    processesCpu: (user + system) / measured,
  };
}
