import { expect, test } from 'vitest';
import { requireVersion } from './open-database.ts';
import { StartupError } from './startup-error.ts';

test('a PostgreSQL that is too old is refused in one line that says which is needed', () => {
  expect(() => requireVersion(14)).toThrow(StartupError);
  expect(() => requireVersion(14)).toThrow(/^DATABASE_URL: PostgreSQL 14 is too old; 15 [^\n]+$/);
  expect(() => requireVersion(15)).not.toThrow();
});
