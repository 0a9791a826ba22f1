import { createDatabase } from '@classroom/db';
import { expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';
import { BODY_LIMIT_BYTES } from './json-parser.ts';

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

test('a body that is refused unread is not read to its end: its connection is closed', async () => {
  // What is refused at the door needs no database that is there.
  await using db = createDatabase(NOWHERE);
  const app = await buildTestApp({ db, url: NOWHERE });
  const post = (length: number) =>
    app.inject({
      method: 'POST',
      url: '/trpc/sessions.create',
      headers: { 'content-type': 'text/plain' },
      payload: 'a'.repeat(length),
    });
  const long = await post(BODY_LIMIT_BYTES + 1);
  expect([long.statusCode, long.headers.connection]).toEqual([415, 'close']);
  const short = await post(1);
  expect([short.statusCode, short.headers.connection]).toEqual([415, 'keep-alive']);
  await app.close();
});
