import { expect, test } from 'vitest';
import { messageFrom, toPayloads } from './peer-channel.ts';

test('a message of any size is split into payloads that PostgreSQL accepts', () => {
  const ids = Array.from({ length: 1000 }, (_, n) => Number.MAX_SAFE_INTEGER - n);
  const presences = new Map(
    ids
      .slice(0, 400)
      .map((id) => [id, { listening: 100_000, participants: 100_000, streams: 100_001 }]),
  );
  const payloads = toPayloads('12345678-1234-1234-1234-123456789abc', ids, presences);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
  const messages = payloads.map(messageFrom);
  expect(messages.flatMap((message) => message?.changed)).toEqual(ids);
  expect(messages.flatMap((message) => message?.listening)).toEqual(
    [...presences.keys()].map((id) => [id, 100_000, 100_000, 100_001]),
  );
});

test.each(['', 'null', '{', '[]', '{"from":1}'])('the payload %j is ignored', (payload) => {
  expect(messageFrom(payload)).toBeUndefined();
});
