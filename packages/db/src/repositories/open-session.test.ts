import { expect, test } from 'vitest';
import { createTestDatabase } from '../testing.ts';
test('x', async () => {
  await using database = await createTestDatabase();
  expect(await database.db.selectFrom('users').selectAll().execute()).toEqual([]);
});
