import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FIELD_CODES, errorReason } from '@classroom/schema';
import { expect, test } from 'vitest';
import { DomainError } from './errors.ts';
import { toRestError } from './http/errors.ts';
import { operations } from './http/rest/openapi.ts';
import { procedures } from './router.ts';
import { formatError, toTRPCError } from './trpc/errors.ts';

const page = await readFile(path.resolve(import.meta.dirname, '../../../docs/api.md'), 'utf8');

const cells = (line: string) =>
  line
    .slice(1, -1)
    .replaceAll('`', '')
    .split('|')
    .map((cell) => cell.trim());

/** The table rows of the page whose first cell matches. */
function rows(firstCell: RegExp): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map(cells)
    .filter(([first = '']) => firstCell.test(first));
}

/** The named columns of the table of reasons. */
function reasonRows(columns: readonly string[]): Record<string, string | undefined>[] {
  const header = cells(page.split('\n').find((line) => line.startsWith('| reason ')) ?? '');
  return rows(/^[A-Z_]+$/)
    .filter((row) => row.length === header.length)
    .map((row) =>
      Object.fromEntries(columns.map((column) => [column, row[header.indexOf(column)]])),
    );
}

test('docs/api.md lists every procedure with its type', () => {
  const documented = rows(/^\w+\.\w+$/).map(([name, kind]) => ({ name, kind }));
  const actual = [...procedures].map(([name, { _def }]) => ({ name, kind: _def.type }));
  expect(documented).toHaveLength(actual.length);
  expect(documented).toEqual(expect.arrayContaining(actual));
});

test('docs/api.md lists every error reason with its HTTP status and tRPC code', () => {
  const actual = errorReason.options.map((reason) => {
    const { data } = formatError(toTRPCError(new DomainError(reason)), '');
    return { reason, status: String(data.httpStatus), code: data.code };
  });
  expect(reasonRows(['reason', 'status', 'code'])).toEqual(actual);
});

test('docs/api.md lists every code of a field', () => {
  const documented = rows(/^[A-Z_]+$/).filter((row) => row.length === 2);
  expect(documented.map(([code]) => code)).toEqual(FIELD_CODES);
});

test('docs/api.md shows an error as tRPC and REST return it', () => {
  const shape = formatError(toTRPCError(new DomainError('HOST_SESSION_LIMIT', { limit: 3 })), '');
  const examples = [...page.matchAll(/^```json\n([^]*?)^```/gm)].map(([, block = '']): unknown =>
    JSON.parse(block),
  );
  expect(examples).toEqual([{ error: shape }, toRestError(shape)]);
});

test('every procedure has a REST route, and docs/api.md lists it', () => {
  expect(operations.map(({ procedure }) => procedure)).toEqual([...procedures.keys()]);

  const documented = rows(/^[A-Z]+ \/api\//).map(([route, name, status]) => [route, name, status]);
  const actual = operations.map(({ method, path: route, procedure, creates = false }) => [
    `${method} ${route}`,
    procedure,
    creates ? '201' : '200',
  ]);
  expect(documented).toHaveLength(actual.length);
  expect(documented).toEqual(expect.arrayContaining(actual));
});
