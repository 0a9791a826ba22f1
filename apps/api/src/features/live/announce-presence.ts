import type { ProcessPresence } from './room.ts';

/** Publishes the presence of this process to the others, at most twice a second per session. */
export interface Announcer {
  /** Publishes the presence if it has changed since it was last published. */
  announceChange: (sessionId: number) => void;
  /** Publishes the presence even if it has not changed. */
  announce: (sessionId: number) => void;
}

const INTERVAL_MS = 500;

/** @param presenceOf the current presence of a session in this process */
export function createAnnouncer(
  presenceOf: (sessionId: number) => ProcessPresence,
  publish: (sessionId: number, presence: ProcessPresence) => void,
): Announcer {
  const announced = new Map<number, ProcessPresence>();
  /** Sessions published within the interval, with whether to publish again without a change. */
  const paused = new Map<number, boolean>();

  const publishNow = (sessionId: number, presence: ProcessPresence) => {
    if (presence.streams === 0) announced.delete(sessionId);
    else announced.set(sessionId, presence);
    publish(sessionId, presence);
    if (paused.has(sessionId)) return;
    paused.set(sessionId, false);
    setTimeout(() => {
      const isDue = paused.get(sessionId) === true;
      paused.delete(sessionId);
      if (isDue) announcer.announce(sessionId);
      else announcer.announceChange(sessionId);
    }, INTERVAL_MS).unref();
  };

  const announcer: Announcer = {
    announceChange(sessionId) {
      const presence = presenceOf(sessionId);
      if (isSame(announced.get(sessionId), presence)) return;
      // The end at once: the others must answer when the session comes back.
      if (paused.has(sessionId) && presence.streams > 0) return;
      publishNow(sessionId, presence);
    },
    announce(sessionId) {
      if (paused.has(sessionId)) paused.set(sessionId, true);
      else publishNow(sessionId, presenceOf(sessionId));
    },
  };
  return announcer;
}

function isSame(announced: ProcessPresence | undefined, presence: ProcessPresence): boolean {
  if (announced === undefined) return presence.streams === 0;
  const { listening, participants, streams } = announced;
  return (
    listening === presence.listening &&
    participants === presence.participants &&
    streams === presence.streams
  );
}
