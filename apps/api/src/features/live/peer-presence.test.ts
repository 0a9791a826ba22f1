import { expect, test } from 'vitest';
import { createPeerPresence } from './peer-presence.ts';

test('the last count of each process replaces its earlier ones', () => {
  const presence = createPeerPresence();
  expect(presence.set(1, 'a', 3)).toBe(true);
  expect(presence.set(1, 'b', 2)).toBe(true);
  expect(presence.set(1, 'a', 4)).toBe(false);
  presence.set(2, 'a', 9);
  expect(presence.count(1)).toBe(6);
  presence.set(1, 'b', 0);
  expect(presence.count(1)).toBe(4);
  presence.delete(1);
  expect(presence.count(1)).toBe(0);
  expect(presence.count(2)).toBe(9);
});

test('the count of a silent process expires', () => {
  let now = 0;
  const presence = createPeerPresence(() => now);
  presence.set(1, 'a', 3);
  now = 29_000;
  expect(presence.count(1)).toBe(3);
  now = 31_000;
  expect(presence.count(1)).toBe(0);
});
