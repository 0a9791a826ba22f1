import type { ProcessPresence } from './room.ts';

/** Drop the presence of a process that has published nothing for this long: two messages were lost. */
const EXPIRY_MS = 40_000;

/** The presence of each session in the other processes, from their messages. */
export interface PeerPresence {
  /** @returns whether there was no presence of that process for this session */
  set: (sessionId: number, process: string, presence: ProcessPresence) => boolean;
  /** The sum of the other processes: a participant with streams in two of them counts twice. */
  total: (sessionId: number) => ProcessPresence;
  delete: (sessionId: number) => void;
}

interface ReceivedPresence extends ProcessPresence {
  at: number;
}

export function createPeerPresence(now: () => number = Date.now): PeerPresence {
  const sessions = new Map<number, Map<string, ReceivedPresence>>();
  return {
    set(sessionId, process, presence) {
      const received = sessions.get(sessionId) ?? new Map<string, ReceivedPresence>();
      sessions.set(sessionId, received);
      const isNew = (received.get(process)?.at ?? -Infinity) < now() - EXPIRY_MS;
      if (presence.streams === 0) received.delete(process);
      else received.set(process, { ...presence, at: now() });
      return isNew && presence.streams > 0;
    },
    total(sessionId) {
      const since = now() - EXPIRY_MS;
      const total: ProcessPresence = { listening: 0, participants: 0, streams: 0 };
      for (const { listening, participants, streams, at } of sessions.get(sessionId)?.values() ??
        []) {
        if (at < since) continue;
        total.listening += listening;
        total.participants += participants;
        total.streams += streams;
      }
      return total;
    },
    delete: (sessionId) => void sessions.delete(sessionId),
  };
}
