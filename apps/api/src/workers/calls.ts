import type { Worker } from 'node:cluster';
import { z } from 'zod';

/** Calls between a parent and a worker over their IPC channel. */
const call = z.object({ call: z.string(), id: z.number() });
const answer = z.object({ answerTo: z.number(), result: z.unknown() });

/** What a process answers, by the name of the call. */
export type Handlers = Record<string, () => Promise<unknown>>;

/** Calls the process at the other end. Rejects when there is no answer in time. */
export type Ask = (name: string, timeoutMs: number) => Promise<unknown>;

/** Answers the calls of the process at the other end. A call that fails gets no answer. */
export function answerCalls(peer: Worker, handlers: Handlers): void {
  peer.on('message', (message: unknown) => {
    const { data } = call.safeParse(message);
    if (data === undefined) return;
    const { id: answerTo } = data;
    handlers[data.call]?.().then(
      (result) => send(peer, { answerTo, result }),
      () => {},
    );
  });
}

export function openCalls(peer: Worker): Ask {
  const pending = new Map<number, (result: unknown) => void>();
  let last = 0;
  peer.on('message', (message: unknown) => {
    const { data } = answer.safeParse(message);
    if (data !== undefined) pending.get(data.answerTo)?.(data.result);
  });
  return async (name, timeoutMs) => {
    const id = (last += 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error(`No answer to ${name} in time`)), timeoutMs);
    pending.set(id, resolve);
    send(peer, { call: name, id });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      pending.delete(id);
    }
  };
}

/** Sends a message, which is lost when the other process has ended. */
export function send(peer: Worker, message: object): void {
  // Without a callback, the failure would be an 'error' event.
  peer.send(message, () => {});
}
