import { administer, useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

const { db, url } = await useTestDatabase();
const VALUE = 'canary-value';

async function failureOf(query: Promise<unknown>): Promise<Error> {
  const error: unknown = await query.catch((caught: unknown) => caught);
  if (!(error instanceof Error)) throw new TypeError('The query did not fail');
  return error;
}

/** Logs an error, and another with it as the cause, and returns the lines. */
function logged(err: Error): string {
  let lines = '';
  const logger = createLogger('trace', { write: (line) => void (lines += line) });
  logger.error({ err }, 'failed');
  logger.error({ err: new Error('outer', { cause: err }) }, 'failed');
  return lines;
}

test('the log of a unique violation has its code and constraint, and not the value', async () => {
  const insert = db.insertInto('users').values({ display_name: VALUE });
  await insert.execute();
  const error = await failureOf(insert.execute());
  expect(error).toMatchObject({ code: '23505', detail: expect.stringContaining(VALUE) });
  const lines = logged(error);
  expect(lines).toContain('"code":"23505"');
  expect(lines).toContain('"constraint":"users_display_name_key"');
  expect(lines).not.toContain(VALUE);
});

test('the log of a data exception has its code and stack, and not the value', async () => {
  const error = await failureOf(administer(url, `select '${VALUE}'::integer`));
  expect(error).toMatchObject({ code: '22P02', message: expect.stringContaining(VALUE) });
  const lines = logged(error);
  expect(lines).toContain('"code":"22P02"');
  expect(lines).toMatch(/"stack":"\\n +at /);
  expect(lines).not.toContain(VALUE);
});
