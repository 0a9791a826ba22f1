import { CODE_ALPHABET } from '@classroom/schema';
import { type RawBuilder, sql } from 'kysely';

/** As many letters as the API draws. */
const LENGTH = 6;

/** Has no factor in common with the number of codes, so that no two numbers share a code. */
const STRIDE = 61_803_399;

/**
 * The join code of a session by its number. Codes of neighbours are far apart, as if drawn: indexes
 * are filled in no order.
 */
export function codeOf(number: RawBuilder<number>): RawBuilder<string> {
  const base = CODE_ALPHABET.length;
  const scattered = sql`${number}::bigint * ${sql.lit(STRIDE)} % ${sql.lit(base ** LENGTH)}`;
  const letters = Array.from({ length: LENGTH }, (_, place) => {
    const index = sql`(${scattered}) / ${sql.lit(base ** place)} % ${sql.lit(base)}`;
    return sql`substr(${sql.lit(CODE_ALPHABET)}, (${index})::int + 1, 1)`;
  });
  return sql<string>`${sql.join(letters, sql` || `)}`;
}
