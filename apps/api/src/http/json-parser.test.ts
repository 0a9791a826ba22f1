import { createDatabaseOn, createPool } from '@classroom/db';
import { expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';
import { BODY_LIMIT_BYTES } from './json-parser.ts';

/** A refused request does not reach the database. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

test('a refusal before the body is read closes the connection if the body exceeds the limit', async () => {
  const pool = createPool(NOWHERE);
  await using db = createDatabaseOn(pool);
  const app = await buildTestApp({ db, pool, url: NOWHERE });
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
