import { expect, test } from 'vitest';
import { requireServer } from './open-database.ts';
import { StartupError } from './errors.ts';

test('a PostgreSQL below the oldest supported version is refused in one line that names it', () => {
  const old = () => requireServer({ version: 14, encoding: 'UTF8' });
  expect(old).toThrow(StartupError);
  expect(old).toThrow(/^DATABASE_URL: PostgreSQL 14 is too old; use 15 [^\n]+$/);
  expect(() => requireServer({ version: 15, encoding: 'UTF8' })).not.toThrow();
});

test('a database that is not UTF-8 is refused in one line', () => {
  const latin = () => requireServer({ version: 18, encoding: 'LATIN1' });
  expect(latin).toThrow(/^DATABASE_URL: the database has the encoding LATIN1; [^\n]+$/);
});
