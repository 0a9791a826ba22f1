import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  captureQueries,
  createHostKey,
  newSession,
  outcomeOf,
  useTestDatabase,
} from '../testing.ts';
import { rotateHostKey } from './host-keys.ts';
import { insertSession } from './insert-session.ts';
import { endExpiredSessions } from './sessions.ts';

const { db, url } = await useTestDatabase({ max: 40 });

const create = (overrides?: Parameters<typeof newSession>[0]) =>
  insertSession(db, newSession(overrides));
const replayable = () => ({ idempotencyKeyHash: randomBytes(32), tokenSeed: randomBytes(32) });
const expire = (id: number) =>
  db
    .updateTable('sessions')
    .set({ expires_at: new Date(0) })
    .where('host_key_id', '=', id)
    .execute();

test('a session of a host key names the key, by its hash and by its id', async () => {
  const { hash, id } = await createHostKey(db);
  for (const hostKey of [{ hash }, { id }]) {
    const outcome = await create({ hostKey });
    expect(outcome).toMatchObject({ kind: 'created', session: { host_key_id: id } });
  }
});

test('insertSession sends one statement, with a host key too', async () => {
  const { hash } = await createHostKey(db);
  const sent = await captureQueries(url, (each) =>
    insertSession(each, newSession({ hostKey: { hash } })),
  );
  expect(sent).toHaveLength(1);
});

test('an unknown host key creates nothing, not even a user, and no replay', async () => {
  const used = replayable();
  await create(used);
  const refused = newSession({ hostKey: { hash: randomBytes(32) } });
  expect(await insertSession(db, refused)).toEqual({ kind: 'host-key-unknown' });
  expect(await insertSession(db, { ...refused, ...used })).toEqual({ kind: 'host-key-unknown' });
  const users = await db
    .selectFrom('users')
    .where('display_name', '=', refused.hostDisplayName)
    .select('id')
    .execute();
  expect(users).toEqual([]);
});

test('a replay names the host key of its caller, after a rotation too', async () => {
  const [own, other] = [await createHostKey(db), await createHostKey(db)];
  const used = replayable();
  await create({ ...used, hostKey: { hash: own.hash } });
  const keyHash = randomBytes(32);
  await rotateHostKey(db, own.hash, { keyHash, idempotencyKeyHash: null, keySeed: null });
  for (const [hostKey, hostKeyId] of [
    [{ hash: keyHash }, own.id],
    [{ hash: other.hash }, other.id],
    [null, null],
  ] as const) {
    expect(await create({ ...used, hostKey })).toEqual({ kind: 'key-used', hostKeyId });
  }
});

test('a key has three slots, whoever uses its host’s name, and takes none of the name', async () => {
  const { hostDisplayName } = newSession();
  const [{ id }, other] = [await createHostKey(db), await createHostKey(db)];
  for (const hostKey of [null, { id }, { id: other.id }]) {
    for (let n = 0; n < 3; n += 1) {
      expect(await create({ hostDisplayName, hostKey })).toMatchObject({ kind: 'created' });
    }
  }
  for (const hostKey of [null, { id }, { id: other.id }]) {
    expect(await create({ hostDisplayName, hostKey })).toEqual({ kind: 'host-limit' });
  }
  expect(await create({ hostKey: { id } })).toEqual({ kind: 'host-limit' });
});

test('forty parallel calls with one key, under any names, create at most three sessions', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { hash, id } = await createHostKey(db);
    const { hostDisplayName } = newSession();
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        outcomeOf(create({ hostKey: { hash }, ...(n % 2 === 0 && { hostDisplayName }) })),
      ),
    );
    const created = outcomes.filter(({ kind }) => kind === 'created').length;
    expect(created).toBeGreaterThanOrEqual(1);
    expect(created).toBeLessThanOrEqual(3);
    const owned = await db
      .selectFrom('sessions')
      .where('host_key_id', '=', id)
      .select('id')
      .execute();
    expect(owned).toHaveLength(created);
  }
});

test('the end of expired sessions frees the slots of the key, or those of the name', async () => {
  const { hostDisplayName } = newSession();
  const { id } = await createHostKey(db);
  for (let n = 0; n < 3; n += 1) await create({ hostDisplayName, hostKey: { id } });
  await expire(id);
  expect(await create({ hostDisplayName })).toMatchObject({ kind: 'created' });
  expect(await create({ hostKey: { id } })).toEqual({ kind: 'slots-expired', hostKeyId: id });
  expect(await endExpiredSessions(db, { hostDisplayName })).toEqual([]);
  expect(await endExpiredSessions(db, { hostKeyId: id })).toHaveLength(3);
  expect(await create({ hostKey: { id } })).toMatchObject({ kind: 'created' });
});
