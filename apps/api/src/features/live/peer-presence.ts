/** Drop the count of a process that has published nothing for this long. */
const EXPIRY_MS = 30_000;

/** Counts the streams of each session in the other processes, from their messages. */
export interface PeerPresence {
  /** @returns whether this is the first count of that process for this session */
  set: (sessionId: number, process: string, count: number) => boolean;
  count: (sessionId: number) => number;
  delete: (sessionId: number) => void;
}

export function createPeerPresence(now: () => number = Date.now): PeerPresence {
  const sessions = new Map<number, Map<string, { count: number; at: number }>>();
  return {
    set(sessionId, process, count) {
      const counts = sessions.get(sessionId) ?? new Map<string, { count: number; at: number }>();
      sessions.set(sessionId, counts);
      const isNew = !counts.has(process);
      if (count === 0) counts.delete(process);
      else counts.set(process, { count, at: now() });
      return isNew && count > 0;
    },
    count(sessionId) {
      const since = now() - EXPIRY_MS;
      let total = 0;
      for (const { count, at } of sessions.get(sessionId)?.values() ?? []) {
        if (at >= since) total += count;
      }
      return total;
    },
    delete: (sessionId) => void sessions.delete(sessionId),
  };
}
