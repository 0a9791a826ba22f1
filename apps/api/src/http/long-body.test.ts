import { createDatabase } from '@classroom/db';
import { newCode } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { buildApp } from '../app.ts';
import { createLogger } from '../logger.ts';
import { noRateLimits } from '../rate-limits/rate-limits.ts';
import { BODY_LIMIT_BYTES } from './long-body.ts';

test('a body that is refused unread is not read to its end: its connection is closed', async () => {
  // What is refused at the door needs no database that is there.
  await using db = createDatabase('postgres://nobody@127.0.0.1:1/nothing');
  const app = await buildApp({
    db,
    generateJoinCode: newCode,
    sessionTtlSeconds: 3600,
    rateLimits: noRateLimits,
    corsOrigins: [],
    trustProxy: [],
    logger: createLogger('silent'),
  });
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
