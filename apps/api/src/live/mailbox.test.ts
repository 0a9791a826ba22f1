import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createMailbox } from './mailbox.ts';

const never = new AbortController().signal;

async function read(mailbox: AsyncIterable<number>, most = Infinity): Promise<number[]> {
  const got: number[] = [];
  for await (const message of mailbox) {
    got.push(message);
    if (got.length >= most) break;
  }
  return got;
}

test('what is put in comes out in order, whether somebody waits for it or not', async () => {
  const mailbox = createMailbox<number>(never);
  mailbox.put(1);
  const reading = read(mailbox);
  await sleep(1);
  mailbox.put(2);
  mailbox.put(3);
  await sleep(1);
  mailbox.put(4);
  mailbox.close();
  mailbox.put(5);
  expect(await reading).toEqual([1, 2, 3, 4]);
});

test('who does not read for too long loses all of it, and reads no further', async () => {
  const mailbox = createMailbox<number>(never);
  for (let n = 0; n < 300; n += 1) mailbox.put(n);
  expect(await read(mailbox)).toEqual([]);
});

test('it ends from outside, also while somebody waits', async () => {
  const stop = new AbortController();
  const reading = read(createMailbox<number>(stop.signal));
  await sleep(1);
  stop.abort();
  expect(await reading).toEqual([]);
});

test('who stops reading leaves nothing in it', async () => {
  const mailbox = createMailbox<number>(never);
  mailbox.put(1);
  mailbox.put(2);
  expect(await read(mailbox, 1)).toEqual([1]);
  mailbox.put(3);
  expect(await read(mailbox)).toEqual([]);
});
