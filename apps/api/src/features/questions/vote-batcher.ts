import { type Vote, type VoteOutcome, castVotes } from '@classroom/db';
import type { AppContext } from '../../context.ts';

/** The maximum number of votes per statement. */
const BATCH_SIZE = 500;

export type CastVote = (questionId: number, vote: Vote) => Promise<VoteOutcome>;

/**
 * Batches votes by question. One statement per question runs at a time, so a burst of votes for one
 * question uses one connection of the pool.
 */
export function createVoteBatcher({
  db,
  notifyChanged,
}: Pick<AppContext, 'db' | 'notifyChanged'>): CastVote {
  return createKeyedBatcher<number, Vote, VoteOutcome>(async (questionId, votes) => {
    const { outcomes, changedSessionId } = await castVotes(db, questionId, votes);
    if (changedSessionId !== undefined) notifyChanged(changedSessionId);
    return outcomes;
  }, BATCH_SIZE);
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Runs one batch per key at a time. The first item of an idle key runs immediately; items that arrive
 * while a batch is running form the next batches in order.
 *
 * @param run returns one result per item in order; an error rejects the items of its batch only
 * @param queues the waiting items of every busy key
 */
export function createKeyedBatcher<Key, Item, Result>(
  run: (key: Key, items: Item[]) => Promise<readonly Result[]>,
  maxBatchSize: number,
  queues = new Map<Key, Waiting<Item, Result>[]>(),
): (key: Key, item: Item) => Promise<Result> {
  async function runBatch(key: Key, batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const items = batch.map(({ item }) => item);
      const results = await run(key, items);
      if (results.length !== batch.length) throw new Error('A batch needs one result per item');
      for (const [index, result] of results.entries()) batch[index]?.resolve(result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function drain(key: Key, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) await runBatch(key, queue.splice(0, maxBatchSize));
    queues.delete(key);
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject };
      const queue = queues.get(key);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      queues.set(key, started);
      void drain(key, started);
    });
}
