import { randomBytes, randomInt } from 'node:crypto';
import { CODE_ALPHABET, type DeviceRole } from '@classroom/schema';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { insertPairingAsHost, redeemPairing } from '../repositories/devices.ts';
import type { NewParticipant } from '../repositories/insert-participant.ts';
import { type HostKeyColumns, insertHostKey } from '../repositories/host-keys.ts';
import type { NewSession } from '../repositories/insert-session.ts';
import type { StoredQuestionStatus } from '../tables.ts';

/** Returns input for `insertSession` with a unique host and code. */
export function newSession(overrides: Partial<NewSession> = {}): NewSession {
  return {
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomBytes(6).toString('hex')}`,
    code: newCode(),
    joining: 'open',
    moderated: false,
    sourceSessionId: null,
    hostKey: null,
    ttlSeconds: 3600,
    tokenHash: randomBytes(32),
    idempotencyKeyHash: null,
    tokenSeed: null,
    ...overrides,
  };
}

/** Inserts a host key, and returns its hash and its id. */
export async function createHostKey(
  db: Database,
  overrides: Partial<HostKeyColumns> = {},
): Promise<{ hash: Buffer; id: number }> {
  const key = { keyHash: randomBytes(32), idempotencyKeyHash: null, keySeed: null, ...overrides };
  await insertHostKey(db, key);
  const { id } = await db
    .selectFrom('host_keys')
    .where('key_hash', '=', key.keyHash)
    .select('id')
    .executeTakeFirstOrThrow();
  return { hash: key.keyHash, id };
}

/** Sets the time of a host key's last use. */
export async function ageHostKey(db: Database, id: number, days: number): Promise<void> {
  await sql`
    update host_keys set used_at = now() - make_interval(days => ${days}) where id = ${id}
  `.execute(db);
}

/** Returns input for `insertParticipant` with a unique name. */
export function newParticipant(overrides: Partial<NewParticipant> = {}): NewParticipant {
  return {
    code: '',
    displayName: `Ben ${randomBytes(6).toString('hex')}`,
    callerTokenHash: null,
    maxParticipants: 2_000,
    tokenHash: randomBytes(32),
    idempotencyKeyHash: null,
    tokenSeed: null,
    ...overrides,
  };
}

/** Redeems a new pairing code. */
export async function pairDevice(
  db: Database,
  { code, tokenHash }: Pick<NewSession, 'code' | 'tokenHash'>,
  role: DeviceRole,
): Promise<{ deviceId: number; tokenHash: Buffer; participantId: number }> {
  const pairing = { codeHash: randomBytes(32), tokenHash: randomBytes(32) };
  const { codeHash } = pairing;
  await insertPairingAsHost(db, { code, tokenHash, codeHash, ttlSeconds: 300, role });
  const outcome = await redeemPairing(db, { code, ...pairing });
  if (outcome.kind !== 'redeemed') throw new Error(outcome.kind);
  const { id } = await db
    .selectFrom('pairings')
    .where('token_hash', '=', pairing.tokenHash)
    .select('id')
    .executeTakeFirstOrThrow();
  return { deviceId: id, tokenHash: pairing.tokenHash, participantId: outcome.participant.id };
}

export function newCode(): string {
  return Array.from({ length: 10 }, () =>
    CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length)),
  ).join('');
}

/** Inserts questions of the host, each with the next sequence number of the session. */
export async function insertQuestions(
  db: Database,
  { code, status, count }: { code: string; status: StoredQuestionStatus; count: number },
): Promise<void> {
  await sql`
    insert into questions
      (session_id, author_id, status, answered_at, anonymous, body, change_number)
    select session.id, author.id, ${status}, now(), false,
      case when ${status} <> 'withdrawn' then 'Why ' || n end, session.change_number + n
    from sessions session
    join session_participants author on author.session_id = session.id and author.role = 'host',
      generate_series(1, ${count}) n
    where session.code = ${code}
  `.execute(db);
  await sql`
    update sessions set change_number = change_number + ${count} where code = ${code}
  `.execute(db);
}

/** Inserts participants, named after the code of their session. */
export async function insertParticipants(
  db: Database,
  { code, count }: { code: string; count: number },
): Promise<void> {
  await sql`
    with joining as (
      insert into users (display_name) select ${code} || ' ' || n from generate_series(1, ${count}) n
      returning id
    )
    insert into session_participants (session_id, user_id, role, token_hash)
    select session.id, joining.id, 'participant', sha256((${code} || joining.id)::bytea)
    from sessions session, joining where session.code = ${code}
  `.execute(db);
}

/** Inserts a vote of every participant for every question that is not withdrawn. */
export async function insertVotes(db: Database, code: string): Promise<void> {
  await sql`
    insert into question_votes
    select question.id, voter.id
    from sessions session
    join questions question on question.session_id = session.id and question.status <> 'withdrawn'
    join session_participants voter on voter.session_id = session.id
    where session.code = ${code}
  `.execute(db);
  await sql`
    update questions set vote_count = (select count(*) from question_votes where question_id = id)
    where session_id = (select id from sessions where code = ${code})
  `.execute(db);
}

/** Moves the expiry of a host's sessions into the past. */
export async function expireSessions(db: Database, hostDisplayName: string): Promise<void> {
  await sql`
    update sessions set expires_at = now() - interval '1 h'
    from users where users.id = host_user_id and display_name = ${hostDisplayName}
  `.execute(db);
}

/** Moves the end of an ended session into the past. */
export async function ageSession(db: Database, code: string, days: number): Promise<void> {
  await sql`
    update sessions set ended_at = now() - make_interval(days => ${days}) where code = ${code}
  `.execute(db);
}
