import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { sql } from 'kysely';

interface Notification {
  channel: string;
  /** At most 7,999 bytes. */
  payload: string;
}

const statement = prepared((db, parameter: Parameter<Notification>) =>
  db.selectNoFrom(
    sql`pg_notify(${parameter('channel', 'text')}, ${parameter('payload', 'text')})`.as('sent'),
  ),
);

/** Says something to whoever listens on a channel. */
export async function notify(db: Database, notification: Notification): Promise<void> {
  await db.executeQuery(statement(notification));
}
