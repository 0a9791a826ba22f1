import type { GeneratedAlways } from 'kysely';

/** A further device of a host: a pairing code until it is redeemed, a token from then on. */
export interface PairingsTable {
  id: GeneratedAlways<number>;
  participant_id: number;
  code_hash: Buffer;
  expires_at: Date;
  guesses_left: number;
  token_hash: Buffer | null;
}
