import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerForShare } from './fragments/caller.ts';
import { selectOpenSession } from './fragments/open-session.ts';
import type { Session } from './sessions.ts';

export interface NewPairing {
  code: string;
  /** SHA-256 of the host's token. */
  tokenHash: Buffer;
  codeHash: Buffer;
  ttlSeconds: number;
  /** How many times somebody may try. */
  guesses: number;
}

const newPairing = prepared((db, parameter: Parameter<NewPairing>) =>
  db
    .with('asking', callerForShare(parameter('tokenHash', 'bytea')))
    .insertInto('pairings')
    .columns(['participant_id', 'code_hash', 'expires_at', 'guesses_left'])
    .expression((eb) =>
      eb
        .selectFrom('asking')
        .where('asking.code', '=', parameter('code', 'text'))
        .where('asking.role', '=', sql.lit('host'))
        .select([
          'asking.id',
          parameter('codeHash', 'bytea').as('code_hash'),
          sql<Date>`now() + make_interval(secs => ${parameter('ttlSeconds', 'float8')})`.as(
            'expires_at',
          ),
          parameter('guesses', 'smallint').as('guesses_left'),
        ]),
    )
    .onConflict((conflict) =>
      conflict
        .column('participant_id')
        .where('token_hash', 'is', null)
        .doUpdateSet((eb) => ({
          code_hash: eb.ref('excluded.code_hash'),
          expires_at: eb.ref('excluded.expires_at'),
          guesses_left: eb.ref('excluded.guesses_left'),
        })),
    )
    .returning('expires_at'),
);

/**
 * Gives the host of an open session a pairing code, in place of the last that is not redeemed.
 *
 * @returns until when it may be redeemed; undefined when the session is not open or the token not
 *   its host's
 */
export async function insertPairing(db: Database, pairing: NewPairing): Promise<Date | undefined> {
  const { rows } = await db.executeQuery(newPairing(pairing));
  return rows[0]?.expires_at;
}

export interface PairingGuess {
  code: string;
  codeHash: Buffer;
  /** SHA-256 of the token that the device gets. */
  tokenHash: Buffer;
}

const guessPairing = prepared((db, parameter: Parameter<PairingGuess>) =>
  db
    .with('open_session', selectOpenSession(parameter('code', 'text')))
    // Of parallel guesses each finds what the one before has left, so that one alone can be right.
    .with('guess', (db) =>
      db
        .updateTable('pairings')
        .from(['open_session', 'session_participants as host'])
        .whereRef('host.session_id', '=', 'open_session.id')
        .where('host.role', '=', sql.lit('host'))
        .whereRef('pairings.participant_id', '=', 'host.id')
        .where('pairings.token_hash', 'is', null)
        .where('pairings.guesses_left', '>', 0)
        .where('pairings.expires_at', '>', sql<Date>`now()`)
        .set((eb) => ({
          guesses_left: sql`pairings.guesses_left - 1`,
          token_hash: eb
            .case()
            .when('pairings.code_hash', '=', parameter('codeHash', 'bytea'))
            .then(parameter('tokenHash', 'bytea'))
            .end(),
        }))
        .returning('pairings.token_hash'),
    )
    .selectFrom('open_session')
    .leftJoin('guess', (join) => join.onTrue())
    .selectAll('open_session')
    .select(sql<boolean>`guess.token_hash is not null`.as('redeemed')),
);

/**
 * Tries a pairing code: the right one becomes a token of the host, once; any other costs a guess.
 *
 * @returns the session, and whether the code was right; undefined when the session is not open
 */
export async function redeemPairing(
  db: Database,
  guess: PairingGuess,
): Promise<{ session: Session; redeemed: boolean } | undefined> {
  const [row] = (await db.executeQuery(guessPairing(guess))).rows;
  if (row === undefined) return undefined;
  const { redeemed, ...session } = row;
  return { session, redeemed };
}
