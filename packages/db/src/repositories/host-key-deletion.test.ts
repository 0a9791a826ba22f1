import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  ageHostKey,
  createHostKey,
  createTestDatabase,
  holdLock,
  newSession,
  outcomeOf,
  useTestDatabase,
  waitEvents,
} from '../testing.ts';
import { deleteUnusedHostKeys, forgetHostKey } from './host-keys.ts';
import { findHostKey } from './host-sessions.ts';
import { insertSession } from './insert-session.ts';
import { deleteSession } from './session-deletion.ts';

const { db } = await useTestDatabase({ max: 20 });

const create = (hostKey: { hash: Buffer }) => insertSession(db, newSession({ hostKey }));

describe('deleteUnusedHostKeys', () => {
  const all = { days: 400, limit: 1_000 };

  test('deletes keys past their last use that own no session, chunk by chunk', async () => {
    await using own = await createTestDatabase();
    const created = await Promise.all(Array.from({ length: 6 }, () => createHostKey(own.db)));
    const keys = created.toSorted((a, b) => a.id - b.id);
    const [recent, owner, forgotten, ...old] = keys.map(({ id }) => id);
    if (recent === undefined || owner === undefined || forgotten === undefined) throw new Error();
    const sessions = await Promise.all(
      [owner, forgotten].map((id) => insertSession(own.db, newSession({ hostKey: { id } }))),
    );
    await forgetHostKey(own.db, keys[2]?.hash ?? Buffer.of());
    await ageHostKey(own.db, recent, 399);
    for (const id of [owner, ...old]) await ageHostKey(own.db, id, 401);

    const sweep = async () => {
      let chunks = 0;
      let after: Awaited<ReturnType<typeof deleteUnusedHostKeys>>;
      do {
        after = await deleteUnusedHostKeys(own.db, { days: 400, limit: 2, after });
        chunks += 1;
      } while (after !== undefined);
      const left = await own.db.selectFrom('host_keys').select('id').orderBy('id').execute();
      return { chunks, left: left.map(({ id }) => id) };
    };
    expect(await sweep()).toEqual({ chunks: 3, left: [recent, owner, forgotten] });
    for (const outcome of sessions) {
      if (outcome.kind !== 'created') throw new Error(outcome.kind);
      const { id } = outcome.session;
      await own.db.transaction().execute((transaction) => deleteSession(transaction, id));
    }
    expect(await sweep()).toMatchObject({ left: [recent] });
  });

  test('skips a key that a session is being created with', async () => {
    const { hash, id } = await createHostKey(db);
    await ageHostKey(db, id, 401);
    const release = await holdLock(db, sql`select from host_keys where id = ${id} for key share`);
    await deleteUnusedHostKeys(db, all);
    await release();
    expect(await create({ hash })).toMatchObject({ kind: 'created' });
    await deleteUnusedHostKeys(db, all);
    expect(await findHostKey(db, hash)).toBe(id);
  });

  test('makes a session that waits for the deletion of its key fail with host-key-unknown', async () => {
    await using own = await createTestDatabase();
    const { hash, id } = await createHostKey(own.db);
    const commit = await holdLock(own.db, sql`delete from host_keys where id = ${id}`);
    const creating = outcomeOf(insertSession(own.db, newSession({ hostKey: { hash } })));
    await expect.poll(() => waitEvents(own.db), { timeout: 15_000 }).toContain('Lock');
    await commit();
    expect(await creating).toEqual({ kind: 'host-key-unknown' });
    expect(await own.db.selectFrom('users').select('id').execute()).toEqual([]);
  });

  test('in parallel to sessions created with the keys loses none of them', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { hash, id } = await createHostKey(db);
      await ageHostKey(db, id, 401);
      const [outcome] = await Promise.all([
        outcomeOf(create({ hash })),
        outcomeOf(deleteUnusedHostKeys(db, all).then(() => ({ kind: 'swept' }))),
      ]);
      const owned = await db
        .selectFrom('sessions')
        .where('host_key_id', '=', id)
        .select('id')
        .execute();
      expect(owned).toHaveLength(outcome.kind === 'created' ? 1 : 0);
      expect(await findHostKey(db, hash)).toBe(outcome.kind === 'created' ? id : undefined);
    }
  });
});
