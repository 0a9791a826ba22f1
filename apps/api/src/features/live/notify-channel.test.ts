import { expect, test } from 'vitest';
import { split } from './notify-channel.ts';
import { type Batch, messageFrom } from './peer-channel.ts';

test('a batch of any size is split into payloads that PostgreSQL accepts', () => {
  const ids = Array.from({ length: 1000 }, (_, n) => Number.MAX_SAFE_INTEGER - n);
  const batch: Batch = {
    changed: ids,
    listening: ids.slice(0, 400).map((id) => [id, 100_000, 100_000, 100_001]),
  };
  const from = '12345678-1234-1234-1234-123456789abc';
  const payloads = split(batch).map((part) => JSON.stringify({ from, ...part }));
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
  const messages = payloads.map(messageFrom);
  expect(messages.flatMap((message) => message?.changed)).toEqual(batch.changed);
  expect(messages.flatMap((message) => message?.listening)).toEqual(batch.listening);
});

test.each(['', 'null', '{', '[]', '{"from":1}'])('the payload %j is ignored', (payload) => {
  expect(messageFrom(payload)).toBeUndefined();
});
