import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { isHost } from './caller.ts';
import { NEXT_STATUS_CHANGE, SESSION_COLUMNS, SESSION_IS_OPEN } from './session-columns.ts';
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
export async function startSession(db: Database, call: HostCall): Promise<Session | undefined> {
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
export async function endSession(db: Database, call: HostCall): Promise<Session | undefined> {
  const { rows } = await db.executeQuery(endOpen(call));
  return rows[0];
}

interface ProlongCall extends HostCall {
  ttlSeconds: number;
}

const prolongOpen = prepared((db, parameter: Parameter<ProlongCall>) =>
  updateAsHost(db, parameter).set({
    expires_at: sql`now() + make_interval(secs => ${parameter('ttlSeconds', 'float8')})`,
  }),
);

/** Lets the time of an open session start anew. @returns the session, when it was open */
export async function prolongSession(
  db: Database,
  call: ProlongCall,
): Promise<Session | undefined> {
  const { rows } = await db.executeQuery(prolongOpen(call));
  return rows[0];
}
