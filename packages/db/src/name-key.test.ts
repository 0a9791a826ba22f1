import { nameKey } from '@classroom/schema';
import { type RawBuilder, sql } from 'kysely';
import { expect, test } from 'vitest';
import { useTestDatabase } from './testing.ts';

const { db } = await useTestDatabase();
const { rows } = await sql<{ version: number }>`
  select current_setting('server_version_num')::int as version
`.execute(db);
const hasCasefold = rows.some(({ version }) => version >= 180_000);

/** The characters that Node considers assigned, without U+0000, which PostgreSQL refuses. */
function assignedCharacters(): string[] {
  return Array.from({ length: 0x10ffff }, (_, index) => String.fromCodePoint(index + 1)).filter(
    (character) => !/[\p{Cn}\p{Cs}]/u.test(character),
  );
}

const casefold = (value: RawBuilder<string>) =>
  sql<string>`normalize(casefold(${value} collate pg_unicode_fast), NFKC)`;

/** The reference key, apart from default-ignorables: PostgreSQL cannot select them. */
const casefoldKey = (column: string) =>
  casefold(casefold(sql`normalize(${sql.ref(column)}, NFKC)`));

const withoutIgnorable = (value: string) => value.replace(/\p{Default_Ignorable_Code_Point}/gu, '');

// Node and PostgreSQL may know different versions of Unicode; later ones do not change the folding of
// a character that both consider assigned.
test.skipIf(!hasCasefold)(
  'nameKey merges the same characters as casefold (skipped before PostgreSQL 18)',
  async () => {
    const characters = assignedCharacters();
    const keys = characters.map(nameKey);
    const compared = await sql<{ character: string; key: string; ours: string; theirs: string }>`
      select character, key, ${casefoldKey('key')} as ours, ${casefoldKey('character')} as theirs
      from unnest(${characters}::text[], ${keys}::text[]) as given (character, key)
      where unicode_assigned(character)
    `.execute(db);

    // PostgreSQL 18 knows the 154,998 characters of Unicode 16, 137,468 for private use, and controls.
    expect(compared.rows.length).toBeGreaterThan(292_000);
    const split = compared.rows.filter(({ key, theirs }) => nameKey(theirs) !== key);
    const merged = compared.rows.filter(
      ({ ours, theirs }) => withoutIgnorable(ours) !== withoutIgnorable(theirs),
    );
    expect({ split, merged }).toEqual({ split: [], merged: [] });
  },
);
