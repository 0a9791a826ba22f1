import type { ProcessPresence } from './room.ts';

/** Publishes the presence of this process to the others, at most twice a second per session. */
export interface PresencePublisher {
  /** Publishes the presence if it has changed since it was last published. */
  publishIfChanged: (sessionId: number) => void;
  /** Publishes the presence even if it has not changed. */
  publish: (sessionId: number) => void;
}

const INTERVAL_MS = 500;

/** @param presenceOf the current presence of a session in this process */
export function createPresencePublisher(
  presenceOf: (sessionId: number) => ProcessPresence,
  send: (sessionId: number, presence: ProcessPresence) => void,
): PresencePublisher {
  const published = new Map<number, ProcessPresence>();
  /** Sessions published within the interval, with whether to publish again without a change. */
  const paused = new Map<number, boolean>();

  const publishNow = (sessionId: number, presence: ProcessPresence) => {
    if (presence.streams === 0) published.delete(sessionId);
    else published.set(sessionId, presence);
    send(sessionId, presence);
    if (paused.has(sessionId)) return;
    paused.set(sessionId, false);
    setTimeout(() => {
      const isDue = paused.get(sessionId) === true;
      paused.delete(sessionId);
      if (isDue) publisher.publish(sessionId);
      else publisher.publishIfChanged(sessionId);
    }, INTERVAL_MS).unref();
  };

  const publisher: PresencePublisher = {
    publishIfChanged(sessionId) {
      const presence = presenceOf(sessionId);
      if (isSame(published.get(sessionId), presence)) return;
      // The end immediately: others send their presence again only to a process that is new to them.
      if (paused.has(sessionId) && presence.streams > 0) return;
      publishNow(sessionId, presence);
    },
    publish(sessionId) {
      if (paused.has(sessionId)) paused.set(sessionId, true);
      else publishNow(sessionId, presenceOf(sessionId));
    },
  };
  return publisher;
}

function isSame(published: ProcessPresence | undefined, presence: ProcessPresence): boolean {
  if (published === undefined) return presence.streams === 0;
  const { listening, participants, streams } = published;
  return (
    listening === presence.listening &&
    participants === presence.participants &&
    streams === presence.streams
  );
}
