import type { Database } from '@classroom/db';

/** What the use cases of questions need of the world. */
export interface QuestionDeps {
  db: Database;
  /** Tells who listens to a session that something in it has changed, and is committed. */
  announce: (sessionId: number) => void;
}
