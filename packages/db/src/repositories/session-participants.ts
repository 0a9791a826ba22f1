import { type NotNull, sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { readerId } from './fragments/caller.ts';
import {
  IS_LISTED,
  SESSION_COLUMNS,
  SESSION_STATUS,
  selectShownName,
} from './fragments/columns.ts';

/** Finds the participant with a token, given its SHA-256. */
export async function findParticipantByToken(db: Database, tokenHash: Buffer) {
  return await db
    .selectFrom('session_participants as caller')
    .where('caller.id', '=', readerId(tokenHash))
    .select(['caller.id', 'caller.session_id', 'caller.role'])
    .executeTakeFirst();
}

/** Returns those of the tokens, given as SHA-256, that are valid. */
export async function findValidTokens(
  db: Database,
  tokenHashes: readonly Buffer[],
): Promise<Buffer[]> {
  const { rows } = await db.executeQuery(validTokens({ tokenHashes }));
  return rows.map(({ token_hash }) => token_hash);
}

const validTokens = prepared((db, parameter: Parameter<{ tokenHashes: readonly Buffer[] }>) =>
  db
    .selectFrom(
      sql<{ token_hash: Buffer }>`unnest(${parameter('tokenHashes', 'bytea[]')})`.as<'token'>(
        sql`token(token_hash)`,
      ),
    )
    .where((eb) => eb(readerId(eb.ref('token.token_hash')), 'is not', null))
    .select('token.token_hash'),
);

/** Finds a participant who is neither removed nor blocked, and counts their pending questions. */
export async function findParticipantWithPendingCount(db: Database, participantId: number) {
  return await db
    .selectFrom('session_participants as participant')
    .where('participant.id', '=', participantId)
    .where('participant.blocked_at', 'is', null)
    .where(selectShownName('participant'), 'is not', null)
    .select(['participant.id', 'participant.role', 'participant.joined_at'])
    .select(selectShownName('participant').as('display_name'))
    .select((eb) =>
      eb
        .selectFrom('questions')
        .whereRef('questions.author_id', '=', 'participant.id')
        .where('questions.author_slot', 'is not', null)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .as('pending_questions'),
    )
    .$narrowType<{ pending_questions: NotNull; display_name: NotNull }>()
    .executeTakeFirst();
}

/** Finds the participant created by the first call under an idempotency key, given its SHA-256. */
export async function findReplayedParticipant(db: Database, idempotencyKeyHash: Buffer) {
  return await db
    .selectFrom('session_participants as participant')
    .innerJoin('sessions as session', 'session.id', 'participant.session_id')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .innerJoin('users as user', 'user.id', 'participant.user_id')
    .where('participant.idempotency_key_hash', '=', idempotencyKeyHash)
    .where('participant.token_seed', 'is not', null)
    .select([
      ...SESSION_COLUMNS,
      SESSION_STATUS,
      'participant.id as participant_id',
      'participant.role',
      'participant.joined_at',
      'participant.token_seed',
      'participant.blocked_at',
      'user.display_name',
      'session.created_title',
      'session.created_moderated',
      'session.source_session_id',
      sql<'draft' | 'active'>`
        case when session.started_at <= participant.joined_at then 'active' else 'draft' end
      `.as('status_when_joined'),
    ])
    .$narrowType<{ token_seed: Buffer }>()
    .executeTakeFirst();
}

interface ParticipantsPage {
  sessionId: number;
  /** The last participant of the previous page: microseconds from 1970 to joining, and the id. */
  afterMicroseconds: number;
  afterId: number;
  limit: number;
  /** Only the host and moderators see blocked participants. */
  includeBlocked: boolean;
}

/** Returns a page of a session's participants and moderators by time of joining: the host is first. */
export async function findParticipants(db: Database, page: ParticipantsPage) {
  const after = sql<Date>`'epoch'::timestamptz + ${page.afterMicroseconds} * interval '1 microsecond'`;
  return await db
    .selectFrom('session_participants as participant')
    .where('participant.session_id', '=', page.sessionId)
    .where(IS_LISTED)
    .$if(!page.includeBlocked, (query) => query.where('participant.blocked_at', 'is', null))
    .where((eb) =>
      eb(
        eb.refTuple('participant.joined_at', 'participant.id'),
        '>',
        eb.tuple(after, page.afterId),
      ),
    )
    .orderBy('participant.joined_at')
    .orderBy('participant.id')
    .limit(page.limit)
    .select(['participant.id', 'participant.role', 'participant.joined_at'])
    .select('participant.blocked_at')
    .select(selectShownName('participant').as('display_name'))
    .select(
      sql<number>`(extract(epoch from participant.joined_at) * 1000000)::bigint`.as('microseconds'),
    )
    .$narrowType<{ display_name: NotNull }>()
    .execute();
}
