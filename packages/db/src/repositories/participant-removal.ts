import { type Expression, sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { isHost } from './fragments/caller.ts';
import { CHANGED_NOW, SESSION_IS_OPEN } from './fragments/columns.ts';

export interface Removal {
  code: string;
  /** SHA-256 of the host's token. */
  tokenHash: Buffer;
  participantId: number;
  /** Whether neither the name nor the token may come in again. */
  block: boolean;
}

const statement = prepared((db, parameter: Parameter<Removal>) => {
  const block = parameter('block', 'boolean');
  return (
    db
      // In the order of everybody who changes something: the session kept, the participant, its number.
      .with('locked', (db) =>
        db
          .selectFrom('sessions as session')
          .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
          .where('session.code', '=', parameter('code', 'text'))
          .where(SESSION_IS_OPEN)
          .where(isHost(parameter('tokenHash', 'bytea')))
          .select('session.id')
          .forKeyShare('session'),
      )
      .with('target', (db) =>
        db
          .selectFrom('locked')
          .innerJoin('session_participants as participant', 'participant.session_id', 'locked.id')
          .where('participant.id', '=', parameter('participantId', 'bigint'))
          .where('participant.role', '=', sql.lit('participant'))
          .select([
            'participant.id',
            'participant.session_id',
            'participant.user_id',
            'participant.blocked_at',
          ])
          // Whoever came second finds what the first has done.
          .forUpdate('participant'),
      )
      // What they asked under their name changes too: it is nobody's from now on.
      .with('asked', (db) =>
        db
          .selectFrom('questions as question')
          .innerJoin('target', 'target.id', 'question.author_id')
          .where('target.user_id', 'is not', null)
          .where('target.blocked_at', 'is', null)
          .where('question.anonymous', '=', sql.lit(false))
          .where('question.status', '<>', sql.lit('withdrawn'))
          .orderBy('question.id')
          .select('question.id')
          .forNoKeyUpdate('question'),
      )
      .with('numbered', (db) =>
        db
          .updateTable('sessions as session')
          .from('target')
          .whereRef('session.id', '=', 'target.session_id')
          .where('target.user_id', 'is not', null)
          .where('target.blocked_at', 'is', null)
          .set({
            change_number: sql`session.change_number + 1 + (select count(*) from asked)`,
            ...CHANGED_NOW,
          })
          .returning('session.change_number'),
      )
      .with('changed', (db) =>
        db
          .updateTable('session_participants as participant')
          .from(['target', 'numbered'])
          .whereRef('participant.id', '=', 'target.id')
          .set((eb) => {
            const ifBlocked = <T>(kept: Expression<T>) =>
              sql<T | null>`case when ${block} then ${kept} end`;
            return {
              removal_change_number: eb.ref('numbered.change_number'),
              session_slot: null,
              blocked_at: ifBlocked(sql<Date>`now()`),
              user_id: ifBlocked(eb.ref('participant.user_id')),
              token_hash: ifBlocked(eb.ref('participant.token_hash')),
              idempotency_key_hash: ifBlocked(eb.ref('participant.idempotency_key_hash')),
              token_seed: ifBlocked(eb.ref('participant.token_seed')),
            };
          })
          .returning('participant.blocked_at'),
      )
      .with('unnamed', (db) =>
        db
          .updateTable('questions as question')
          .from('numbered')
          .innerJoin(
            sql<{ id: number; n: number }>`
              (select id, row_number() over (order by id) as n from asked)
            `.as('each'),
            (join) => join.onTrue(),
          )
          .whereRef('question.id', '=', 'each.id')
          .set({ change_number: sql`numbered.change_number - each.n` }),
      )
      .selectFrom('target')
      .leftJoin('changed', (join) => join.onTrue())
      .select([
        'target.session_id',
        'target.user_id',
        sql<boolean>`coalesce(changed.blocked_at, target.blocked_at) is not null`.as('blocked'),
      ])
  );
});

/**
 * Removes a participant from an open session, if the token is its host's. The row stays for what
 * hangs on it, without name, token and key; that of one who is blocked keeps them, which holds the
 * name. Those removed or blocked before stay as they are.
 *
 * @returns of which session, whose name it was, and whether they are blocked now; undefined when the
 *   session is not open, the token not its host's, or the participant not in it
 */
export async function removeParticipantAsHost(
  db: Database,
  removal: Removal,
): Promise<{ sessionId: number; userId: number | null; blocked: boolean } | undefined> {
  const [row] = (await db.executeQuery(statement(removal))).rows;
  return row && { sessionId: row.session_id, userId: row.user_id, blocked: row.blocked };
}
