import { ageHostKey, createHostKey, useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { sweepSessions } from './sweep.ts';

const { db } = await useTestDatabase();

test('a host key that owns no session is deleted 400 days after its last use', async () => {
  const [old, recent] = [await createHostKey(db), await createHostKey(db)];
  await ageHostKey(db, old.id, 401);
  await ageHostKey(db, recent.id, 399);
  const end = new AbortController();
  const failures: unknown[] = [];
  const deps = { db, retentionDays: 30, notifyChanged: () => {} };
  const sweeping = sweepSessions(
    { ...deps, onError: (error) => void failures.push(error) },
    end.signal,
  );
  const left = () => db.selectFrom('host_keys').select('id').execute();
  await expect.poll(left).toEqual([{ id: recent.id }]);
  end.abort();
  await sweeping;
  expect(failures).toEqual([]);
});
