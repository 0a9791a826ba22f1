import { type Client, reasonOf, type SessionEvent } from '@classroom/client';
import { expect } from 'vitest';

export interface ReceivedEvent {
  id: string;
  data: SessionEvent;
}

/** A subscription to the events of a session. */
export interface TestSubscription extends Disposable {
  received: ReceivedEvent[];
  /** The received events without `presence`. */
  changes: () => ReceivedEvent[];
  /** The latest `presence` event without its type. */
  presence: () => { listening: number; participants: number } | undefined;
  /** `completed` or the reason of the error; undefined while the subscription is open. */
  ended: () => string | undefined;
  /** The number of connections so far. */
  connections: () => number;
}

/** Subscribes, and waits until the server has accepted or refused the subscription. */
export async function subscribe(
  client: Client,
  code: string,
  lastEventId?: string,
): Promise<TestSubscription> {
  const received: ReceivedEvent[] = [];
  let ended: string | undefined;
  let connections = 0;
  const subscription = client.sessions.events.subscribe(
    { code, ...(lastEventId !== undefined && { lastEventId }) },
    {
      onStarted: () => void (connections += 1),
      onData: (event) => void received.push(event),
      onComplete: () => void (ended ??= 'completed'),
      onError: (error) => void (ended = reasonOf(error) ?? error.message),
    },
  );
  await expect.poll(() => connections > 0 || ended !== undefined).toBe(true);
  return {
    received,
    changes: () => received.filter(({ data }) => data.type !== 'presence'),
    presence: () => {
      const last = received.findLast(({ data }) => data.type === 'presence')?.data;
      if (last?.type !== 'presence') return undefined;
      return { listening: last.listening, participants: last.participants };
    },
    ended: () => ended,
    connections: () => connections,
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
}
