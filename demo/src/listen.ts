import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, reasonOf, type SessionEvent } from '@classroom/client';
import { DemoError } from './demo-error.ts';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** Somebody who hears what happens in a session. */
export interface Listener extends Disposable {
  /**
   * Waits until they have heard such an event, later than the last one that was waited for.
   *
   * @throws DemoError when it does not come
   */
  until: (isIt: (event: SessionEvent) => boolean) => Promise<void>;
}

export interface ListenOptions {
  code: string;
  signal: AbortSignal;
  onEvent?: (event: SessionEvent) => void;
}

/** Listens to a session until it is disposed. */
export function listen(client: Client, { code, signal, onEvent }: ListenOptions): Listener {
  const heard: SessionEvent[] = [];
  let failure: string | undefined;
  const subscription = client.sessions.events.subscribe(
    { code },
    {
      onData: ({ data }) => {
        heard.push(data);
        onEvent?.(data);
      },
      onError: (error) => void (failure = reasonOf(error) ?? error.message),
    },
  );
  return {
    async until(isIt) {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = heard.findIndex(isIt);
        heard.splice(0, found + 1);
        if (found !== -1) return;
        if (failure !== undefined) throw new DemoError(`The live events failed: ${failure}`);
        if (Date.now() > deadline) throw new DemoError('A live event has not come.');
        await sleep(LOOK_EVERY_MS, undefined, { signal });
      }
    },
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
}
