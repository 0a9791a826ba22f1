/** How long a process counts that has not been heard of. */
const FORGET_MS = 30_000;

/** How many listen to each session in the other processes, as far as they have said. */
export interface Presence {
  /** @returns whether this process had not been heard of for this session */
  set: (sessionId: number, process: string, count: number) => boolean;
  elsewhere: (sessionId: number) => number;
  forget: (sessionId: number) => void;
}

export function createPresence(now: () => number = Date.now): Presence {
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
    elsewhere(sessionId) {
      const since = now() - FORGET_MS;
      let total = 0;
      for (const { count, at } of sessions.get(sessionId)?.values() ?? []) {
        if (at >= since) total += count;
      }
      return total;
    },
    forget: (sessionId) => void sessions.delete(sessionId),
  };
}
