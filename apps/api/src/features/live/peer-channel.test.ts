import { expect, test } from 'vitest';
import { messageFrom, toPayloads } from './peer-channel.ts';

test('a message of any size is split into payloads that PostgreSQL accepts', () => {
  const ids = Array.from({ length: 1000 }, (_, n) => Number.MAX_SAFE_INTEGER - n);
  const counts = ids.slice(0, 400).map((id): [number, number] => [id, 100_000]);
  const payloads = toPayloads('12345678-1234-1234-1234-123456789abc', ids, counts);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
  const messages = payloads.map(messageFrom);
  expect(messages.flatMap((message) => message?.changed)).toEqual(ids);
  expect(messages.flatMap((message) => message?.listening)).toEqual(counts);
});

test.each(['', 'null', '{', '[]', '{"from":1}'])('the payload %j is ignored', (payload) => {
  expect(messageFrom(payload)).toBeUndefined();
});
