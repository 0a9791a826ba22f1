import { type Client, reasonOf, type SessionEvent } from '@classroom/client';
import { expect } from 'vitest';

/** An event as the client gives it: what happened, and by what id to go on. */
export interface HeardEvent {
  id: string;
  data: SessionEvent;
}

/** Somebody who listens to a session. */
export interface Ear extends Disposable {
  heard: HeardEvent[];
  /** What of it changes something: all but presence. */
  changes: () => HeardEvent[];
  /** How it ended: `completed` or a reason; undefined while it goes on. */
  ended: () => string | undefined;
  /** How often it connected. */
  connections: () => number;
}

/** Listens until it is disposed, and waits until it has begun. */
export async function hear(client: Client, code: string, lastEventId?: string): Promise<Ear> {
  const heard: HeardEvent[] = [];
  let ended: string | undefined;
  let connections = 0;
  const subscription = client.sessions.events.subscribe(
    { code, ...(lastEventId !== undefined && { lastEventId }) },
    {
      onStarted: () => void (connections += 1),
      onData: (event) => void heard.push(event),
      onComplete: () => void (ended ??= 'completed'),
      onError: (error) => void (ended = reasonOf(error) ?? error.message),
    },
  );
  await expect.poll(() => connections + (ended === undefined ? 0 : 1)).toBeGreaterThan(0);
  return {
    heard,
    changes: () => heard.filter(({ data }) => data.type !== 'presence'),
    ended: () => ended,
    connections: () => connections,
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
}
