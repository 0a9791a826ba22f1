import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  createHostKey,
  createTestDatabase,
  holdLock,
  newSession,
  useTestDatabase,
  waitEvents,
} from '../testing.ts';
import { rotateHostKey } from './host-keys.ts';
import { enterSession, findHostSessions } from './host-sessions.ts';
import { insertSession } from './insert-session.ts';
import { endSessionAsHost } from './session-lifecycle.ts';
import { findSessionForCaller } from './sessions.ts';

const { db } = await useTestDatabase();

async function createSession(hostKey: { id: number } | null, among = db) {
  const session = newSession({ hostKey });
  const outcome = await insertSession(among, session);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return { ...session, id: outcome.session.id };
}

test('findHostSessions pages through the sessions of one key, ended ones too, newest first', async () => {
  const [{ id: hostKeyId }, other] = [await createHostKey(db), await createHostKey(db)];
  const ids: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const session = await createSession({ id: hostKeyId });
    await createSession(n < 3 ? other : null);
    if (n < 3) await endSessionAsHost(db, session);
    ids.unshift(session.id);
  }
  const page = async (beforeId: number) =>
    (await findHostSessions(db, { hostKeyId, beforeId, limit: 3 })).map(({ id }) => id);
  expect(await page(Number.MAX_SAFE_INTEGER)).toEqual(ids.slice(0, 3));
  expect(await page(ids[2] ?? 0)).toEqual(ids.slice(3));
});

describe('enterSession', () => {
  const enter = (keyHash: Buffer, code: string, among = db) =>
    enterSession(among, { keyHash, code, tokenHash: randomBytes(32) });

  test.each(['open', 'ended'])('adds a host device to an %s session', async (state) => {
    const key = await createHostKey(db);
    const session = await createSession(key);
    if (state === 'ended') await endSessionAsHost(db, session);
    const { code } = session;
    const tokenHash = randomBytes(32);
    expect(await enterSession(db, { keyHash: key.hash, code, tokenHash })).toMatchObject({
      kind: 'entered',
      session: { code, status: state === 'open' ? 'draft' : 'ended', host_key_id: key.id },
    });
    for (const token of [tokenHash, session.tokenHash]) {
      expect(await findSessionForCaller(db, { code, tokenHash: token })).toMatchObject({
        kind: 'allowed',
        role: 'host',
      });
    }
    const device = await db
      .selectFrom('pairings')
      .where('token_hash', '=', tokenHash)
      .select(['role', 'code_hash', 'expires_at', 'revoked_at'])
      .select(sql<boolean>`redeemed_at is not null`.as('is_redeemed'))
      .executeTakeFirst();
    const noCode = { code_hash: null, expires_at: null };
    expect(device).toEqual({ role: 'host', ...noCode, revoked_at: null, is_redeemed: true });
  });

  test('refuses unknown keys, unknown codes and sessions of others', async () => {
    const [own, other] = [await createHostKey(db), await createHostKey(db)];
    const reasonOf = async (keyHash: Buffer, code: string) => {
      const outcome = await enter(keyHash, code);
      return outcome.kind === 'refused' ? outcome.reason : 'entered';
    };
    const mine = await createSession(own);
    expect(await reasonOf(randomBytes(32), mine.code)).toBe('unauthenticated');
    expect(await reasonOf(mine.tokenHash, mine.code)).toBe('unauthenticated');
    expect(await reasonOf(own.hash, newSession().code)).toBe('session-not-found');
    for (const foreign of [await createSession(other), await createSession(null)]) {
      expect(await reasonOf(own.hash, foreign.code)).toBe('forbidden');
      await endSessionAsHost(db, foreign);
      expect(await reasonOf(own.hash, foreign.code)).toBe('session-not-found');
    }
  });

  test.each(['rotation', 'deletion'])(
    'waits for a %s in progress, and is refused',
    async (kind) => {
      await using own = await createTestDatabase();
      const key = await createHostKey(own.db);
      const { code, id } = await createSession(key, own.db);
      const statement =
        kind === 'rotation'
          ? sql`update host_keys set key_hash = sha256('new') where id = ${key.id}`
          : sql`delete from sessions where id = ${id}`;
      const commit = await holdLock(own.db, statement);
      const entering = enter(key.hash, code, own.db).then(
        (outcome) => outcome,
        (error: unknown) => error,
      );
      await expect.poll(() => waitEvents(own.db), { timeout: 15_000 }).toContain('Lock');
      await commit();
      expect(await entering).toMatchObject(
        kind === 'rotation' ? { reason: 'unauthenticated' } : { name: 'ConflictError' },
      );
      expect(await own.db.selectFrom('pairings').select('id').execute()).toEqual([]);
    },
  );

  test('is refused while the purge has deleted the host, and not yet the session', async () => {
    const key = await createHostKey(db);
    const { code, id } = await createSession(key);
    await db.deleteFrom('session_participants').where('session_id', '=', id).execute();
    expect(await enter(key.hash, code)).toEqual({ kind: 'refused', reason: 'session-not-found' });
  });

  test('ten parallel entries beside a rotation end without a deadlock', async () => {
    const key = await createHostKey(db);
    const { code } = await createSession(key);
    const keyHash = randomBytes(32);
    const [rotated, ...entered] = await Promise.all([
      rotateHostKey(db, key.hash, { keyHash, idempotencyKeyHash: null, keySeed: null }),
      ...Array.from({ length: 10 }, () => enter(key.hash, code)),
    ]);
    expect(rotated).toEqual({ kind: 'rotated' });
    const kinds = new Set(entered.map((outcome) => outcome.kind));
    expect([...kinds].filter((kind) => kind !== 'entered' && kind !== 'refused')).toEqual([]);
  });
});
