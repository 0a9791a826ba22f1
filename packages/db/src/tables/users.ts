import type { Generated, GeneratedAlways } from 'kysely';

/** A display name, once each. It says whose slots a session takes, and authorises nothing. */
export interface UsersTable {
  id: GeneratedAlways<number>;
  display_name: string;
  created_at: Generated<Date>;
}
