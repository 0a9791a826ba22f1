import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorReason } from '@classroom/schema';
import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { expect, test } from 'vitest';
import { operations } from './http/rest/openapi.ts';
import { appRouter } from './router.ts';

const page = await readFile(path.resolve(import.meta.dirname, '../../../docs/api.md'), 'utf8');

/** Table rows whose first cell is code and matches. */
function rows(firstCell: RegExp): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .replaceAll('`', '')
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter(([first = '']) => firstCell.test(first));
}

// The type of `appRouter` nests its procedures; that of any router lists them.
const router: AnyRouter = appRouter;

test('docs/api.md lists every procedure with its type', () => {
  const documented = rows(/^\w+\.\w+$/).map(([name, kind]) => ({ name, kind }));
  const actual = Object.entries<AnyProcedure>(router._def.procedures).map(([name, procedure]) => ({
    name,
    kind: procedure._def.type,
  }));
  expect(documented).toHaveLength(actual.length);
  expect(documented).toEqual(expect.arrayContaining(actual));
});

test('docs/api.md lists every error reason', () => {
  expect(rows(/^[A-Z_]+$/).map(([reason]) => reason)).toEqual(errorReason.options);
});

test('every query and mutation has a REST route, and docs/api.md lists it', () => {
  const procedures = Object.entries<AnyProcedure>(router._def.procedures)
    .filter(([, procedure]) => procedure._def.type !== 'subscription')
    .map(([name]) => name);
  expect(operations.map(({ procedure }) => procedure)).toEqual(procedures);

  const documented = rows(/^[A-Z]+ \/api\//).map(([route, name, status]) => [route, name, status]);
  const actual = operations.map(({ method, path: route, procedure, creates = false }) => [
    `${method} ${route}`,
    procedure,
    creates ? '201' : '200',
  ]);
  expect(documented).toHaveLength(actual.length);
  expect(documented).toEqual(expect.arrayContaining(actual));
});
