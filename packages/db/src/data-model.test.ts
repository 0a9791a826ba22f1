import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { questionStatus, sessionStatus } from '@classroom/schema';
import { afterAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from './testing.ts';
import { type ColumnFacts, describeColumns, describeConstraints } from './testing/inspection.ts';

const database = await createTestDatabase();
afterAll(() => database[Symbol.asyncDispose]());
const columns = await describeColumns(database.db);
const constraints = await describeConstraints(database.db);
const tables = [...new Set(columns.map(({ table }) => table))];

const read = (file: string) => readFile(path.join(import.meta.dirname, file), 'utf8');
const page = await read('../../../docs/data-model.md');

/** Returns the rows with this number of cells in the section of a table, without code marks. */
function rowsOnPage(table: string, cells: number): string[][] {
  const section = page.split(`\n## \`${table}\`\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(1, -1).replaceAll('`', '').split('|'))
    .filter((row) => row.length === cells)
    .map((row) => row.map((cell) => cell.trim()));
}

/** Returns the expected TypeScript type of a column; a text may have a narrower named type. */
function expectedType({ type, nullable, ...column }: ColumnFacts): RegExp {
  const base: Record<string, string> = {
    bigint: 'number',
    smallint: 'number',
    text: '(string|[A-Z]\\w+)',
    timestamptz: 'Date',
    bytea: 'Buffer',
    boolean: 'boolean',
    integer: 'number',
  };
  const value = `${base[type]}${nullable ? ' \\| null' : ''}`;
  if (column.default === 'identity') return new RegExp(`^GeneratedAlways<${value}>$`);
  return new RegExp(column.default === '' ? `^${value}$` : `^Generated<${value}>$`);
}

describe.each(tables)('the table %s equals', (table) => {
  const ofTable = columns.filter((column) => column.table === table);

  test('the columns in docs/data-model.md', () => {
    expect(rowsOnPage(table, 5).map((row) => row.slice(0, 4))).toEqual(
      ofTable.map((c) => [c.name, c.type, c.nullable ? 'yes' : 'no', c.default]),
    );
  });

  test('the constraints in docs/data-model.md', () => {
    const described = rowsOnPage(table, 3).map(([name, definition]) => ({ name, definition }));
    const actual = constraints.filter((constraint) => constraint.table === table);
    expect(described).toHaveLength(actual.length);
    expect(described).toEqual(
      expect.arrayContaining(actual.map(({ name, definition }) => ({ name, definition }))),
    );
  });

  test('the diagram in docs/data-model.md', () => {
    const entity = new RegExp(`\\n {2}${table} \\{\\n([^}]*)\\}`).exec(page)?.[1] ?? '';
    const drawn = entity
      .trim()
      .split('\n')
      .map((line) => line.trim().split(' ').slice(0, 2));
    expect(drawn).toEqual(ofTable.map(({ type, name }) => [type, name]));
  });

  test('the types in tables.ts', async () => {
    const pascal = table.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
    const source = await read('tables.ts');
    const [, body = ''] = source.split(`export interface ${pascal}Table {\n`);
    const members = [...(body.split('\n}')[0] ?? '').matchAll(/^ {2}(\w+): (.+);$/gm)];
    expect(members.map(([, column]) => column)).toEqual(ofTable.map(({ name }) => name));
    for (const [index, column] of ofTable.entries()) {
      expect(members[index]?.[2], column.name).toMatch(expectedType(column));
    }
  });
});

test('sessionStatus lists the statuses of sessions_status_check', () => {
  const check = constraints.find(({ name }) => name === 'sessions_status_check');
  const allowed = [...(check?.definition.matchAll(/'(\w+)'/g) ?? [])].map(([, status]) => status);
  expect(allowed).toEqual(sessionStatus.options);
});

test('questionStatus lists the statuses of questions_status_check except withdrawn', () => {
  const check = constraints.find(({ name }) => name === 'questions_status_check');
  const allowed = [...(check?.definition.matchAll(/'(\w+)'/g) ?? [])].map(([, status]) => status);
  expect(allowed).toEqual([...questionStatus.options, 'withdrawn']);
});
