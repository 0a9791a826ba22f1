import { expect, test } from 'vitest';
import { type Parameter, prepared } from './prepared.ts';

const byName = prepared((db, parameter: Parameter<{ name: string; limit: number }>) =>
  db
    .selectFrom('users')
    .select('id')
    .where('display_name', '=', parameter('name', 'text'))
    .where('display_name', '<>', 'Ben')
    .limit(parameter('limit', 'int')),
);

test('each run has its own values at the places of their parameters', () => {
  const first = byName({ name: 'Ada', limit: 1 });
  const second = byName({ name: 'Cleo', limit: 2 });
  expect(first.parameters).toEqual(['Ada', 'Ben', 1]);
  expect(second.parameters).toEqual(['Cleo', 'Ben', 2]);
  expect(second.sql).toBe(first.sql);
});
