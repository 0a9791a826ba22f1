import { useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildTestApp } from '../../testing/build-test-app.ts';
import { toCsv } from './csv.ts';

const app = await buildTestApp(await useTestDatabase());
afterAll(() => app.close());

/** The cell of a question's body in the CSV. */
function cellOf(body: string): string | undefined {
  const at = '2026-01-01T00:00:00.000Z';
  const host = { id: 1, displayName: 'Ada' };
  const session = {
    id: 1,
    code: 'CDFGH2',
    title: 'Algebra I',
    status: 'ended',
    host,
    createdAt: at,
    startedAt: at,
    endedAt: at,
    expiresAt: at,
    joining: 'open',
    moderated: false,
  };
  const asked = { id: 1, body, status: 'pending', mine: false, author: null };
  const question = { ...asked, pinned: false, votes: 0 };
  const table = toCsv['sessions.export']?.({
    session,
    participants: [],
    questions: [{ ...question, createdAt: at, answeredAt: null }],
  });
  const [, line = ''] = table?.split('\r\n') ?? [];
  const [prefix, suffix] = ['"CDFGH2","1",', `,"","pending","false","0","${at}",""`];
  expect(line).toMatch(new RegExp(`^${prefix}[^]*${suffix}$`));
  return line.slice(prefix.length, -suffix.length);
}

test.each([
  ['Why?', '"Why?"'],
  ['', '""'],
  ['x;=cmd()', '"x;=cmd()"'],
  ['say "=1"', '"say ""=1"""'],
  ['1-2', '"1-2"'],
])('the cell %j is quoted', (body, cell) => {
  expect(cellOf(body)).toBe(cell);
});

test.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t1',
  '\r1',
  '＝1',
  '＋1',
  '－1',
  '＠SUM(A1)',
  '  =1+1',
  '\u00A0\u3000=1+1',
])('the cell %j is quoted and prefixed against formulas', (body) => {
  expect(cellOf(body)).toBe(`"'${body}"`);
});

const created = z.object({ code: z.string(), hostToken: z.string() }).parse(
  (
    await app.inject({
      method: 'POST',
      url: '/api/sessions',
      payload: { title: 'Algebra I', hostDisplayName: 'Ada' },
    })
  ).json(),
);

test.each([
  ['text/csv', 'text/csv'],
  ['text/csv;q=0', 'application/json'],
  ['text/csv;q=0, */*', 'application/json'],
  ['application/json;q=0.5, text/csv;q=0.9', 'text/csv'],
  ['application/json;q=0.9, text/csv;q=0.5', 'application/json'],
  ['text/*', 'text/csv'],
  ['*/*', 'application/json'],
  ['image/png', 'application/json'],
  ['text/csvx', 'application/json'],
  [undefined, 'application/json'],
])('Accept: %s gives %s', async (accept, type) => {
  const response = await app.inject({
    url: `/api/sessions/${created.code}/export`,
    headers: {
      authorization: `Bearer ${created.hostToken}`,
      ...(accept !== undefined && { accept }),
    },
  });
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe(`${type}; charset=utf-8`);
});
