import { insertQuestions, useTestDatabase } from '@classroom/db/testing';
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
