import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { isHost } from './fragments/caller.ts';
import { NEXT_STATUS_CHANGE, SESSION_COLUMNS, SESSION_IS_OPEN } from './fragments/columns.ts';
import type { Session } from './sessions.ts';

/** Who wants to change which session. */
export interface HostCall {
  code: string;
  tokenHash: Buffer;
}

/**
 * The open session of that code, if the token is its host's. The statement itself decides: of
 * parallel calls that exclude each other, one finds the session as it must be.
 */
function updateAsHost(db: Database, parameter: Parameter<HostCall>) {
  return db
    .updateTable('sessions as session')
    .from(['session_participants as caller', 'users as host'])
    .where('session.code', '=', parameter('code', 'text'))
    .where(SESSION_IS_OPEN)
    .whereRef('host.id', '=', 'session.host_user_id')
    .whereRef('caller.session_id', '=', 'session.id')
    .where(isHost(parameter('tokenHash', 'bytea')))
    .returning([...SESSION_COLUMNS, 'session.status']);
}

const startDraft = prepared((db, parameter: Parameter<HostCall>) =>
  updateAsHost(db, parameter)
    .set({ ...NEXT_STATUS_CHANGE, status: sql.lit('active'), started_at: sql`now()` })
    .where('session.status', '=', sql.lit('draft')),
);

/** Makes a draft active. @returns the session that this call started */
export async function startSessionAsHost(
  db: Database,
  call: HostCall,
): Promise<Session | undefined> {
  const { rows } = await db.executeQuery(startDraft(call));
  return rows[0];
}

const endOpen = prepared((db, parameter: Parameter<HostCall>) =>
  updateAsHost(db, parameter).set({
    ...NEXT_STATUS_CHANGE,
    status: sql.lit('ended'),
    ended_at: sql`now()`,
  }),
);

/** Ends an open session. @returns the session that this call ended */
export async function endSessionAsHost(db: Database, call: HostCall): Promise<Session | undefined> {
  const { rows } = await db.executeQuery(endOpen(call));
  return rows[0];
}

interface ExtendCall extends HostCall {
  ttlSeconds: number;
}

const extendOpen = prepared((db, parameter: Parameter<ExtendCall>) =>
  updateAsHost(db, parameter).set({
    expires_at: sql`now() + make_interval(secs => ${parameter('ttlSeconds', 'float8')})`,
  }),
);

/** Lets the time of an open session start anew. @returns the session, when it was open */
export async function extendSessionAsHost(
  db: Database,
  call: ExtendCall,
): Promise<Session | undefined> {
  const { rows } = await db.executeQuery(extendOpen(call));
  return rows[0];
}
