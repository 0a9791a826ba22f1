import type { Database } from '@classroom/db';

/** What a use case needs that changes a session. */
export interface ChangeDeps {
  db: Database;
  /** Wakes whoever listens to the session, once the change is committed. */
  announce: (sessionId: number) => void;
}
