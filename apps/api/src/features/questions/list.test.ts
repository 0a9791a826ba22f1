import { insertQuestions, useTestDatabase } from '@classroom/db/testing';
import { listQuestionsInput } from '@classroom/schema';
import { expect, test } from 'vitest';
import { createClassroom } from '../../testing/classroom.ts';
import { listQuestions } from './list.ts';

const { db } = await useTestDatabase();
const deps = { db, notifyChanged: () => {} };

test('a page contains the visible questions among two thousand withdrawn or hidden ones', async () => {
  const { submit, host, tokens, session } = await createClassroom(deps);
  const [author = host] = tokens;
  const visible = [await submit(author), await submit(author), await submit(author)];
  for (const status of ['hidden', 'withdrawn'] as const) {
    await insertQuestions(db, { code: session.code, status, count: 1000 });
  }
  for (const order of ['top', 'newest'] as const) {
    const input = { code: session.code, order, limit: 3 };
    const page = await listQuestions(deps, input, author);
    expect(page).toMatchObject({ nextCursor: null, items: expect.arrayContaining(visible) });
  }
});

test.each(['top', 'newest'] as const)(
  'the pages in order %s have waiting questions of the caller, and of all for the host',
  async (order) => {
    const { submit, host, tokens, session } = await createClassroom(deps, 3, { moderated: true });
    const [author = host] = tokens;
    const ids = { own: new Set<number>(), all: new Set<number>() };
    for (let n = 0; n < 3; n += 1) {
      for (const token of tokens) {
        const { id } = await submit(token);
        ids.all.add(id);
        if (token === author) ids.own.add(id);
      }
    }
    for (const status of [undefined, 'waiting', 'pending'] as const) {
      for (const [token, visible] of [
        [author, ids.own],
        [host, ids.all],
      ] as const) {
        const expected = status === 'pending' ? new Set<number>() : visible;
        const found: number[] = [];
        const sizes: number[] = [];
        let cursor: string | null = null;
        do {
          const input = {
            code: session.code,
            order,
            status,
            limit: 2,
            cursor: cursor ?? undefined,
          };
          const page = await listQuestions(deps, listQuestionsInput.parse(input), token);
          found.push(...page.items.map(({ id }) => id));
          sizes.push(page.items.length);
          cursor = page.nextCursor;
        } while (cursor !== null);
        // Only the last page is shorter.
        expect(sizes.slice(0, -1).filter((size) => size < 2)).toEqual([]);
        expect(found).toHaveLength(expected.size);
        expect(new Set(found)).toEqual(expected);
      }
    }
  },
);
