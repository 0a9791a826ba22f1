import type { Worker } from 'node:cluster';
import { z } from 'zod';

/** Requests between a parent and a worker over their IPC channel. */
const requestMessage = z.object({ request: z.string(), id: z.number() });
const responseMessage = z.object({
  responseTo: z.number(),
  result: z.unknown(),
  error: z.string().optional(),
});
type Response = z.output<typeof responseMessage>;

/** Request handlers by name. */
export type Handlers = Record<string, () => Promise<unknown>>;

/** Sends a request to the other process. Rejects when its handler fails or there is no response in time. */
export type SendRequest = (name: string, timeoutMs: number) => Promise<unknown>;

/** Responds to the requests of the other process. */
export function handleRequests(peer: Worker, handlers: Handlers): void {
  peer.on('message', (message: unknown) => {
    const { data } = requestMessage.safeParse(message);
    if (data === undefined) return;
    const { id: responseTo } = data;
    handlers[data.request]?.().then(
      (result) => send(peer, { responseTo, result }),
      (error: unknown) => send(peer, { responseTo, error: String(error) }),
    );
  });
}

export function createRequester(peer: Worker): SendRequest {
  const pending = new Map<number, (response: Response) => void>();
  let last = 0;
  peer.on('message', (message: unknown) => {
    const { data } = responseMessage.safeParse(message);
    if (data !== undefined) pending.get(data.responseTo)?.(data);
  });
  return async (name, timeoutMs) => {
    const id = (last += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const timer = setTimeout(() => reject(new Error(`No response to ${name} in time`)), timeoutMs);
    pending.set(id, resolve);
    send(peer, { request: name, id });
    try {
      const { result, error } = await promise;
      if (error !== undefined) throw new Error(`${name} failed: ${error}`);
      return result;
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
