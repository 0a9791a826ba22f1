import { randomBytes } from 'node:crypto';
import { type Connection, openConnection } from './connection.ts';
import { createTally, type LoadResult } from './tally.ts';

/** How the clients of a load behave. */
export interface Behaviour {
  seconds: number;
  /** Open loop: calls per second. Undefined is a closed loop: each response triggers the next call. */
  callsPerSecond?: number;
  /** The maximum of keep-alive connections. */
  connections: number;
  /** The maximum of pending requests on one connection (1). */
  depth?: number;
  /** Requests that become due together and are written on one connection (1). */
  burst?: number;
  /** Calls in one request (1). */
  batch?: number;
  /** Share of the calls whose socket is destroyed 0–50 ms after they are written (0). */
  abortShare?: number;
  /** The `Accept` header, if any. */
  accept?: string;
}

const ABORT_WITHIN_MS = 50;
const GRACE_MS = 10_000;

/** Creates sessions, each for a new host, on a server of this machine. */
export async function runClients(port: number, behaviour: Behaviour): Promise<LoadResult> {
  const { seconds, callsPerSecond, connections, depth = 1, batch = 1 } = behaviour;
  const { burst = 1, abortShare = 0 } = behaviour;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const tally = createTally(seconds, endsAt);
  const newRequest = requestFactory(behaviour);
  const open = new Set<Connection>();
  const idle: Connection[] = [];

  function openNew(onClose: () => void = () => {}): Connection {
    const connection = openConnection(port, () => {
      open.delete(connection);
      onClose();
    });
    open.add(connection);
    return connection;
  }

  function send(connection: Connection, dueAt: number, onResponse: () => void): void {
    tally.offer(batch);
    connection.send(newRequest(), (response) => {
      tally.record(response, batch, dueAt);
      onResponse();
    });
  }

  /** Uses a connection without other calls, because they would be aborted too. */
  function sendAndAbort(dueAt: number): void {
    const connection = popIdle() ?? openNew();
    open.delete(connection);
    tally.offer(batch);
    let isAborted = false;
    connection.send(newRequest(), (response) => {
      if (isAborted) tally.abort();
      else tally.record(response, batch, dueAt);
    });
    setTimeout(() => {
      isAborted = true;
      connection.destroy();
    }, Math.random() * ABORT_WITHIN_MS);
  }

  function popIdle(): Connection | undefined {
    let connection = idle.pop();
    while (connection !== undefined && !connection.isUsable()) connection = idle.pop();
    return connection;
  }

  /** Returns an idle connection, else a new one, else one with room for another burst. */
  function findConnection(): Connection | undefined {
    const found = popIdle() ?? (open.size < connections ? openNew() : undefined);
    if (found !== undefined || depth === burst) return found;
    for (const connection of open) {
      if (connection.pending() > depth - burst || !connection.isUsable()) continue;
      // Moves it to the end, so that the next search starts with another connection.
      open.delete(connection);
      open.add(connection);
      return connection;
    }
    return undefined;
  }

  /** @returns false when every connection is full: the requests stay due */
  function sendBurst(dueAt: number): boolean {
    if (Math.random() < abortShare) {
      sendAndAbort(dueAt);
      return true;
    }
    const connection = findConnection();
    if (connection === undefined) return false;
    for (let n = 0; n < burst; n += 1) {
      send(connection, dueAt, () => {
        if (connection.pending() === 0 && connection.isUsable()) idle.push(connection);
      });
    }
    return true;
  }

  async function openLoop(perSecond: number): Promise<void> {
    const interval = 1_000 / perSecond;
    let dueAt = startedAt;
    for (let now = performance.now(); now < endsAt; now = performance.now()) {
      while (dueAt <= now && sendBurst(dueAt)) dueAt += interval;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async function closedLoop(): Promise<void> {
    const start = () => {
      if (performance.now() >= endsAt) return;
      const connection = openNew(start);
      const next = () => {
        if (!connection.isUsable()) connection.destroy();
        else if (performance.now() < endsAt) send(connection, performance.now(), next);
      };
      next();
    };
    for (let n = 0; n < connections; n += 1) start();
    await new Promise((resolve) => setTimeout(resolve, endsAt - performance.now()));
  }

  await (callsPerSecond === undefined ? closedLoop() : openLoop(callsPerSecond / (batch * burst)));
  const isPending = () => [...open].some((connection) => connection.pending() > 0);
  while (isPending() && performance.now() < endsAt + GRACE_MS) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const connection of open) connection.destroy();
  await new Promise((resolve) => setTimeout(resolve, 2 * ABORT_WITHIN_MS));
  return tally.result();
}

/** Returns a function that builds the request of one call or one batch. */
function requestFactory({ batch = 1, accept }: Behaviour): () => string {
  const run = randomBytes(8).toString('hex');
  let calls = 0;
  const newInput = () => `{"title":"Algebra I","hostDisplayName":"Ada ${run} ${(calls += 1)}"}`;
  const path = Array(batch).fill('sessions.create').join(',');
  const head = [
    `POST /trpc/${path}${batch > 1 ? '?batch=1' : ''} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    ...(accept === undefined ? [] : [`accept: ${accept}`]),
    'content-length: ',
  ].join('\r\n');
  return () => {
    const inputs = Array.from({ length: batch }, (_, n) =>
      batch === 1 ? newInput() : `"${n}":${newInput()}`,
    ).join(',');
    const body = batch === 1 ? inputs : `{${inputs}}`;
    return `${head}${body.length}\r\n\r\n${body}`;
  };
}
