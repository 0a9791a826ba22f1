import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPresencePublisher } from './presence-publisher.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A session whose listeners are all participants. */
function openSession() {
  let count = 0;
  const published: number[] = [];
  const publisher = createPresencePublisher(
    () => ({ listening: count, participants: count, streams: count }),
    (_, { streams }) => void published.push(streams),
  );
  return {
    published,
    publishAgain: () => publisher.publish(1),
    change: (streams: number) => {
      count = streams;
      publisher.publishIfChanged(1);
    },
  };
}

test('a class that joins is published at most twice a second', () => {
  const { published, change } = openSession();
  for (let count = 1; count <= 40; count += 1) {
    change(count);
    vi.advanceTimersByTime(25);
  }
  vi.advanceTimersByTime(60_000);
  expect(published).toEqual([1, 20, 40]);
});

test('a presence that has not changed is published on request only, and at most twice a second', () => {
  const { published, change, publishAgain } = openSession();
  change(1);
  change(1);
  vi.advanceTimersByTime(60_000);
  expect(published).toEqual([1]);
  publishAgain();
  publishAgain();
  publishAgain();
  vi.advanceTimersByTime(60_000);
  expect(published).toEqual([1, 1, 1]);
});

test('the end is published at once, and a return after it even with the same count', () => {
  const { published, change } = openSession();
  change(1);
  change(0);
  expect(published).toEqual([1, 0]);
  change(1);
  vi.advanceTimersByTime(60_000);
  expect(published).toEqual([1, 0, 1]);
});
