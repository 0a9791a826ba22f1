import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ageHostKey, createHostKey, newSession, outcomeOf, useTestDatabase } from '../testing.ts';
import { forgetHostKey, insertHostKey, rotateHostKey } from './host-keys.ts';
import { findHostKey } from './host-sessions.ts';
import { insertSession } from './insert-session.ts';

const { db } = await useTestDatabase({ max: 20 });

const newKey = () => ({ keyHash: randomBytes(32), idempotencyKeyHash: null, keySeed: null });
const newReplayableKey = () => ({
  keyHash: randomBytes(32),
  idempotencyKeyHash: randomBytes(32),
  keySeed: randomBytes(32),
});
const refused = { kind: 'refused', reason: 'unauthenticated' };
const rowOf = (id: number, among = db) =>
  among.selectFrom('host_keys').where('id', '=', id).selectAll().executeTakeFirst();
const create = (hostKey: { hash: Buffer } | { id: number }) =>
  insertSession(db, newSession({ hostKey }));

describe('insertHostKey', () => {
  test('returns the seed of the first call with the same idempotency key', async () => {
    const key = newReplayableKey();
    expect(await insertHostKey(db, key)).toEqual({ kind: 'created' });
    const { idempotencyKeyHash, keySeed } = key;
    const replay = { ...newReplayableKey(), idempotencyKeyHash };
    expect(await insertHostKey(db, replay)).toEqual({ kind: 'replayed', keySeed });
    expect(await findHostKey(db, replay.keyHash)).toBeUndefined();
  });

  test.each([
    ['without', newKey],
    ['with', newReplayableKey],
  ])('returns key-used after a rotation %s an idempotency key', async (_, rotated) => {
    const key = newReplayableKey();
    await insertHostKey(db, key);
    await rotateHostKey(db, key.keyHash, rotated());
    expect(await insertHostKey(db, key)).toEqual({ kind: 'key-used' });
  });

  test('creates one key in ten parallel calls with one idempotency key', async () => {
    const { idempotencyKeyHash } = newReplayableKey();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        outcomeOf(insertHostKey(db, { ...newReplayableKey(), idempotencyKeyHash })),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
  });
});

describe('rotateHostKey', () => {
  test('makes the old key unknown and keeps its id', async () => {
    const { hash, id } = await createHostKey(db);
    const key = newKey();
    expect(await rotateHostKey(db, hash, key)).toEqual({ kind: 'rotated' });
    expect(await findHostKey(db, hash)).toBeUndefined();
    expect(await findHostKey(db, key.keyHash)).toBe(id);
    expect(await rowOf(id)).toMatchObject({ replaced_key_hash: null });
  });

  test('replays the last rotation for the replaced and for the new key, and for no other', async () => {
    const { hash } = await createHostKey(db);
    const first = newReplayableKey();
    await rotateHostKey(db, hash, first);
    const { keyHash, keySeed } = first;
    const again = () => ({ ...newReplayableKey(), idempotencyKeyHash: first.idempotencyKeyHash });
    for (const presented of [hash, keyHash]) {
      expect(await rotateHostKey(db, presented, again())).toEqual({ kind: 'replayed', keySeed });
    }
    expect(await rotateHostKey(db, randomBytes(32), again())).toEqual(refused);
    expect(await rotateHostKey(db, hash, newReplayableKey())).toEqual(refused);
    await rotateHostKey(db, keyHash, newReplayableKey());
    for (const presented of [hash, keyHash]) {
      expect(await rotateHostKey(db, presented, again())).toEqual(refused);
    }
  });

  test('succeeds for one of ten parallel calls', async () => {
    const { hash } = await createHostKey(db);
    const keys = Array.from({ length: 10 }, newKey);
    const outcomes = await Promise.all(keys.map((key) => outcomeOf(rotateHostKey(db, hash, key))));
    expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
    const known = await Promise.all(keys.map(({ keyHash }) => findHostKey(db, keyHash)));
    expect(known.filter((id) => id !== undefined)).toHaveLength(1);
    expect(await rotateHostKey(db, hash, newKey())).toEqual(refused);
  });
});

describe('forgetHostKey', () => {
  test('deletes a key that owns no session', async () => {
    const { hash, id } = await createHostKey(db);
    expect(await forgetHostKey(db, hash)).toEqual({ kind: 'forgotten' });
    expect(await rowOf(id)).toBeUndefined();
    expect(await forgetHostKey(db, hash)).toEqual(refused);
  });

  test('deletes every hash of a key that owns a session, and leaves no replay', async () => {
    const { hash, id } = await createHostKey(db, newReplayableKey());
    const rotated = newReplayableKey();
    await rotateHostKey(db, hash, rotated);
    await create({ id });
    expect(await forgetHostKey(db, rotated.keyHash)).toEqual({ kind: 'forgotten' });
    expect(await rowOf(id)).toEqual({
      id,
      key_hash: null,
      replaced_key_hash: null,
      idempotency_key_hash: null,
      rotation_idempotency_key_hash: null,
      key_seed: null,
      used_at: Number.NEGATIVE_INFINITY,
    });
    for (const presented of [hash, rotated.keyHash]) {
      expect(await rotateHostKey(db, presented, rotated)).toEqual(refused);
      expect(await create({ hash: presented })).toEqual({ kind: 'host-key-unknown' });
    }
  });

  test('in parallel to sessions created with the key loses none of them', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { hash, id } = await createHostKey(db);
      const [forgotten, ...creating] = await Promise.all([
        outcomeOf(forgetHostKey(db, hash)),
        ...Array.from({ length: 3 }, () => outcomeOf(create({ hash }))),
      ]);
      const created = creating.filter(({ kind }) => kind === 'created');
      const owned = await db
        .selectFrom('sessions')
        .where('host_key_id', '=', id)
        .select('id')
        .execute();
      expect(owned).toHaveLength(created.length);
      const known = forgotten.kind === 'forgotten' ? undefined : id;
      expect(await findHostKey(db, hash)).toBe(known);
    }
  });
});

describe('the time of the last use', () => {
  const usedAt = async (id: number) => (await rowOf(id))?.used_at.getTime();

  test.each<[string, (hash: Buffer) => Promise<unknown>]>([
    ['findHostKey', (hash) => findHostKey(db, hash)],
    ['insertSession', (hash) => create({ hash })],
  ])('%s writes it once a day', async (_, use) => {
    const { hash, id } = await createHostKey(db);
    const first = await usedAt(id);
    await use(hash);
    expect(await usedAt(id)).toBe(first);
    await ageHostKey(db, id, 2);
    await use(hash);
    expect(await usedAt(id)).toBeGreaterThanOrEqual(first ?? Number.NaN);
  });

  test('does not hold up ten parallel sessions beside a rotation', async () => {
    const { hash, id } = await createHostKey(db);
    await ageHostKey(db, id, 2);
    const outcomes = await Promise.all([
      outcomeOf(rotateHostKey(db, hash, newKey())),
      ...Array.from({ length: 10 }, () => outcomeOf(create({ hash }))),
    ]);
    expect(outcomes[0]).toEqual({ kind: 'rotated' });
  });
});
