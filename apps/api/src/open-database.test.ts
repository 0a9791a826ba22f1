import { expect, test } from 'vitest';
import { requireServer } from './open-database.ts';
import { StartupError } from './errors.ts';

test('a PostgreSQL that is too old is refused in one line that says which is needed', () => {
  const old = () => requireServer({ version: 14, encoding: 'UTF8' });
  expect(old).toThrow(StartupError);
  expect(old).toThrow(/^DATABASE_URL: PostgreSQL 14 is too old; 15 [^\n]+$/);
  expect(() => requireServer({ version: 15, encoding: 'UTF8' })).not.toThrow();
});

test('a database that cannot hold every text is refused in one line', () => {
  const latin = () => requireServer({ version: 18, encoding: 'LATIN1' });
  expect(latin).toThrow(/^DATABASE_URL: the database is encoded in LATIN1; [^\n]+$/);
});
