import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';

/**
 * One name per session, in any spelling, and what a later block needs of a removed participant. The
 * hash of a name's key stands for the key, which can exceed the size limit of an index row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table session_participants
      add column name_hash bytea
        constraint session_participants_name_hash_check check (octet_length(name_hash) = 32),
      add constraint session_participants_named_check
        check (name_hash is null or user_id is not null)
  `.execute(db);
  await hashNames(db);
  await markCollisions(db);
  await sql`
    create unique index session_participants_name_hash_key
      on session_participants (session_id, name_hash) where name_hash is not null
  `.execute(db);

  await sql`
    create table removed_participants (
      participant_id bigint
        constraint removed_participants_pkey primary key
        constraint removed_participants_participant_id_fkey
          references session_participants (id) on delete cascade,
      user_id bigint not null
        constraint removed_participants_user_id_fkey references users (id) on delete restrict,
      token_hash bytea not null
        constraint removed_participants_token_hash_check check (octet_length(token_hash) = 32),
      name_hash bytea not null
        constraint removed_participants_name_hash_check check (octet_length(name_hash) = 32)
    )
  `.execute(db);
  await sql`
    create index removed_participants_user_id_idx on removed_participants (user_id)
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table removed_participants`.execute(db);
  await sql`alter table session_participants drop column name_hash`.execute(db);
}

/** Names per page: 20,000 take about 2 MB. */
const PAGE = 20_000;

/** Ended sessions take no participants, so their names need no hash. */
async function hashNames(db: Kysely<unknown>): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const { rows }: { rows: { id: number; display_name: string }[] } = await sql<{
      id: number;
      display_name: string;
    }>`
      select id, display_name from users
      where id > ${after} and exists (
        select from session_participants participant
        join sessions on sessions.id = participant.session_id
        where participant.user_id = users.id and sessions.status <> 'ended'
      )
      order by id limit ${PAGE}
    `.execute(db);
    const ids = rows.map(({ id }) => id);
    const hashes = rows.map(({ display_name }) => hashName(display_name));
    await sql`
      update session_participants as participant set name_hash = named.name_hash
      from unnest(${ids}::bigint[], ${hashes}::bytea[]) as named (user_id, name_hash), sessions
      where participant.user_id = named.user_id
        and sessions.id = participant.session_id and sessions.status <> 'ended'
    `.execute(db);
    after = rows.length === PAGE ? ids.at(-1) : undefined;
  }
}

/** Of participants with one name, the host keeps the hash, or else whoever joined first. */
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
