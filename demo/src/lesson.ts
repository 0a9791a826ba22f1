import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type PublicQuestion, type SessionEvent, reasonOf } from '@classroom/client';
import type { Stage } from './stage.ts';

/** Ends the demo with a message of one line. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** The session that the scenes share. */
export interface Lesson {
  stage: Stage;
  /** Returns a client with this token, or with none. */
  as: (token?: string) => Client;
  code: string;
  host: Client;
  /** The subscription of the host, whose events are printed as they arrive. */
  subscription: Subscription;
}

export interface Subscription extends Disposable {
  /**
   * Waits for a matching event that is later than the last one waited for.
   *
   * @throws DemoError when it does not arrive within ten seconds
   */
  until: (matches: (event: SessionEvent) => boolean) => Promise<void>;
}

const EVENT_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 10;

/** Subscribes to the events of a session until disposed. */
export function subscribe(
  client: Client,
  code: string,
  signal: AbortSignal,
  onEvent: (event: SessionEvent) => void,
): Subscription {
  const received: SessionEvent[] = [];
  let failure: string | undefined;
  const subscription = client.sessions.events.subscribe(
    { code },
    {
      onData: ({ data }) => {
        received.push(data);
        onEvent(data);
      },
      onError: (error) => void (failure = reasonOf(error) ?? error.message),
    },
  );
  return {
    async until(matches) {
      const deadline = Date.now() + EVENT_TIMEOUT_MS;
      for (;;) {
        const found = received.findIndex(matches);
        received.splice(0, found + 1);
        if (found !== -1) return;
        if (failure !== undefined) throw new DemoError(`The live events failed: ${failure}`);
        if (Date.now() > deadline)
          throw new DemoError('A live event did not arrive within ten seconds');
        await sleep(CHECK_INTERVAL_MS, undefined, { signal });
      }
    },
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
}

/** Waits until the host has received a matching question. */
export async function untilQuestion(
  { subscription }: Lesson,
  matches: (question: PublicQuestion) => boolean,
): Promise<void> {
  await subscription.until((event) => event.type === 'question' && matches(event.question));
}
