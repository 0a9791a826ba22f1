import { createTestDatabase } from '@classroom/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';

/** What people and machines put into text fields, the worst of it included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 250 }),
  fc.string({
    unit: fc.constantFrom('\0', '\u202e', '\ud800', '\u200b', '\u3164', ' ', 'a', '\u0301'),
  }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
);
const anyInput = fc.record(
  {
    title: fc.oneof(anyText, fc.jsonValue()),
    hostDisplayName: fc.oneof(anyText, fc.jsonValue()),
    idempotencyKey: fc.option(fc.oneof(fc.uuid(), anyText), { nil: undefined }),
  },
  { requiredKeys: [] },
);

test('no input makes the server fail: it is created or INVALID_INPUT', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const send = async (input: unknown) => {
    const response = await fetch(`${api.url}/trpc/sessions.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    return { status: response.status, text: await response.text() };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(anyInput, { minLength: 20, maxLength: 20 }), async (inputs) => {
      for (const { status, text } of await Promise.all(inputs.map(send))) {
        // 409: the same short name may well come up a fourth time.
        expect([200, 400, 409], text).toContain(status);
        expect(status === 400 ? text : 'INVALID_INPUT').toContain('INVALID_INPUT');
      }
    }),
    { numRuns: 500 },
  );
  expect(api.output()).not.toContain('"level":50');
});
