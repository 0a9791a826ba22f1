import { expect, test } from 'vitest';
import { createPeerPresence } from './peer-presence.ts';

const NOBODY = { listening: 0, participants: 0, streams: 0 };

test('the last count of each process replaces its earlier ones', () => {
  const presence = createPeerPresence();
  expect(presence.set(1, 'a', { listening: 3, participants: 3, streams: 3 })).toBe(true);
  expect(presence.set(1, 'b', { listening: 2, participants: 1, streams: 2 })).toBe(true);
  expect(presence.set(1, 'a', { listening: 4, participants: 2, streams: 4 })).toBe(false);
  presence.set(2, 'a', { listening: 9, participants: 8, streams: 9 });
  expect(presence.total(1)).toEqual({ listening: 6, participants: 3, streams: 6 });
  presence.set(1, 'b', NOBODY);
  expect(presence.total(1)).toEqual({ listening: 4, participants: 2, streams: 4 });
  presence.delete(1);
  expect(presence.total(1)).toEqual(NOBODY);
  expect(presence.total(2)).toEqual({ listening: 9, participants: 8, streams: 9 });
});

test('the count of a silent process expires, and is new when the process returns', () => {
  let now = 0;
  const presence = createPeerPresence(() => now);
  presence.set(1, 'a', { listening: 3, participants: 2, streams: 3 });
  now = 39_000;
  expect(presence.total(1)).toEqual({ listening: 3, participants: 2, streams: 3 });
  now = 41_000;
  expect(presence.total(1)).toEqual(NOBODY);
  expect(presence.set(1, 'a', { listening: 1, participants: 1, streams: 1 })).toBe(true);
});

test('a process with viewers only counts towards the streams alone', () => {
  const presence = createPeerPresence();
  expect(presence.set(1, 'a', { listening: 0, participants: 0, streams: 2 })).toBe(true);
  expect(presence.total(1)).toEqual({ listening: 0, participants: 0, streams: 2 });
});
