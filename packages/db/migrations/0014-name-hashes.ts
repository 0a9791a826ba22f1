import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';

/**
 * One name per session, in any spelling. Apart from 0013, because filling in the hashes takes seconds in a
 * large database: its locks, unlike those of 0013, let other processes read meanwhile.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined;) after = await hashPage(db, after);
  await markCollisions(db);
  await sql`
    create unique index session_participants_name_hash_key
      on session_participants (session_id, name_hash) where name_hash is not null
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index session_participants_name_hash_key`.execute(db);
  await sql`update session_participants set name_hash = null where name_hash is not null`.execute(
    db,
  );
}

/** Participants per page. Reading and writing 20,000 takes less than a second. */
const PAGE = 20_000;

/**
 * Stores the hashes of a page of participants. Ended sessions take no participants and need none.
 *
 * @returns the id to continue from
 */
async function hashPage(db: Kysely<unknown>, after: number): Promise<number | undefined> {
  const { rows } = await sql<{ id: number; display_name: string }>`
    select participant.id, display_name
    from session_participants participant
    join sessions on sessions.id = participant.session_id and sessions.status <> 'ended'
    join users on users.id = participant.user_id
    where participant.id > ${after}
    order by participant.id limit ${PAGE}
  `.execute(db);
  const ids = rows.map(({ id }) => id);
  const hashes = rows.map(({ display_name }) => hashName(display_name));
  await sql`
    update session_participants as participant set name_hash = named.name_hash
    from unnest(${ids}::bigint[], ${hashes}::bytea[]) as named (id, name_hash)
    where participant.id = named.id and participant.user_id is not null
  `.execute(db);
  return rows.length === PAGE ? ids.at(-1) : undefined;
}

/** Of participants with one name the host keeps the hash, or else the first to have joined. */
async function markCollisions(db: Kysely<unknown>): Promise<void> {
  await sql`
    update session_participants as participant set name_hash = null
    from (
      select id, row_number() over (
        partition by session_id, name_hash order by role = 'host' desc, id
      ) as position
      from session_participants where name_hash is not null
    ) as namesake
    where participant.id = namesake.id and namesake.position > 1
  `.execute(db);
}

function hashName(displayName: string): Buffer {
  return createHash('sha256').update(nameKey(displayName)).digest();
}

// A copy of `nameKey` in packages/schema: a merged migration never changes, whatever becomes of that one.

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

function foldCase(character: string): string {
  if (character === 'ı') return character;
  return character.toLowerCase().toUpperCase().toLowerCase();
}

function nameKey(displayName: string): string {
  let folded = '';
  // By code point: within a word, the lower case of Σ depends on its position.
  for (const character of displayName.replace(IGNORABLE, '').normalize('NFKC')) {
    folded += foldCase(character);
  }
  return folded.normalize('NFKC');
}
