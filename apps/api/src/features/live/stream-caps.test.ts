import { expect, test } from 'vitest';
import { record } from '../../testing/live.ts';
import type { Subscription } from './room.ts';
import { createStreamCaps } from './stream-caps.ts';

test('a ninth stream of a token ends its oldest with RATE_LIMITED', () => {
  const caps = createStreamCaps();
  const caller = { tokenHash: Buffer.from('token'), address: '192.0.2.1' };
  const ends: number[] = [];
  const newSubscription = (n: number): Subscription => {
    const subscription: Subscription = {
      ...record(),
      sessionId: 1,
      participantId: 1,
      role: 'host',
      caller,
      cursor: undefined,
      end: (error) => {
        expect(error).toMatchObject({ reason: 'RATE_LIMITED' });
        ends.push(n);
        caps.delete(subscription);
      },
    };
    caps.add(subscription);
    return subscription;
  };
  const open = Array.from({ length: 10 }, (_, n) => newSubscription(n));
  expect(ends).toEqual([0, 1]);
  for (const subscription of open) caps.delete(subscription);
  newSubscription(10);
  expect(ends).toEqual([0, 1]);
});
