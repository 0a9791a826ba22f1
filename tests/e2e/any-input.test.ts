import { createTestDatabase } from '@classroom/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { fetchServed } from '../src/client.ts';
import { startApi } from '@classroom/api/start';

const CONCURRENT = 20;

/** Text with controls, bidi overrides, lone surrogates, invisible characters and combining marks. */
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

test('every generated input creates a session or is refused with INVALID_INPUT', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const send = async (input: unknown) => {
    const response = await fetchServed(`${api.url}/trpc/sessions.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    return { status: response.status, text: await response.text() };
  };
  const batch = fc.array(anyInput, { minLength: CONCURRENT, maxLength: CONCURRENT });
  await fc.assert(
    fc.asyncProperty(batch, async (inputs) => {
      for (const { status, text } of await Promise.all(inputs.map(send))) {
        // 409: a short host name may be generated a fourth time.
        expect([200, 400, 409], text).toContain(status);
        expect(status === 400 ? text : 'INVALID_INPUT').toContain('INVALID_INPUT');
      }
    }),
    { numRuns: sized(2_000, 10_000) / CONCURRENT },
  );
  expect(api.output()).not.toContain('"level":50');
});
