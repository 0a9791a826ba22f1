import { expect, test } from 'vitest';
import { createPeerPresence } from './peer-presence.ts';

const NOBODY = { listening: 0, participants: 0 };

test('the last count of each process replaces its earlier ones', () => {
  const presence = createPeerPresence();
  expect(presence.set(1, 'a', { listening: 3, participants: 3 })).toBe(true);
  expect(presence.set(1, 'b', { listening: 2, participants: 1 })).toBe(true);
  expect(presence.set(1, 'a', { listening: 4, participants: 2 })).toBe(false);
  presence.set(2, 'a', { listening: 9, participants: 8 });
  expect(presence.total(1)).toEqual({ listening: 6, participants: 3 });
  presence.set(1, 'b', NOBODY);
  expect(presence.total(1)).toEqual({ listening: 4, participants: 2 });
  presence.delete(1);
  expect(presence.total(1)).toEqual(NOBODY);
  expect(presence.total(2)).toEqual({ listening: 9, participants: 8 });
});

test('the count of a silent process expires', () => {
  let now = 0;
  const presence = createPeerPresence(() => now);
  presence.set(1, 'a', { listening: 3, participants: 2 });
  now = 29_000;
  expect(presence.total(1)).toEqual({ listening: 3, participants: 2 });
  now = 31_000;
  expect(presence.total(1)).toEqual(NOBODY);
});
