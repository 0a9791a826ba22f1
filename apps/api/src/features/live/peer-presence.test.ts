import { expect, test } from 'vitest';
import { createPeerPresence } from './peer-presence.ts';

test('the other processes are counted by what each has said last', () => {
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

test('a process that is not heard of any more does not count', () => {
  let now = 0;
  const presence = createPeerPresence(() => now);
  presence.set(1, 'a', 3);
  now = 29_000;
  expect(presence.count(1)).toBe(3);
  now = 31_000;
  expect(presence.count(1)).toBe(0);
});
