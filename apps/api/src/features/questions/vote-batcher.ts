import { type QuestionRow, type Vote, castVotes } from '@classroom/db';
import type { AppContext } from '../../context.ts';

/** The most votes in one statement. */
const BATCH = 500;

/** Casts a vote for the question with that id; undefined for whoever may not vote there. */
export type CastVote = (questionId: number, vote: Vote) => Promise<QuestionRow | undefined>;

/**
 * Gathers the votes for each question: this process has one statement for it under way at a time, and
 * so a question that everybody votes for takes one connection, and not all of them.
 */
export function createVoteBatcher({
  db,
  notifyChanged,
}: Pick<AppContext, 'db' | 'notifyChanged'>): CastVote {
  return createKeyedBatcher<number, Vote, QuestionRow | undefined>(async (questionId, votes) => {
    const { questions, changedSessionId } = await castVotes(db, questionId, votes);
    if (changedSessionId !== undefined) notifyChanged(changedSessionId);
    return questions;
  }, BATCH);
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers what is to be done for a key while something is being done for it. What comes first is
 * done at once and alone; what comes meanwhile goes in order into the next batches, one at a time.
 *
 * @param run does a batch, and gives a result for each item, in their order; what it throws fails
 *   every item of the batch, and no other
 * @param max how many items a batch has at most
 * @param open the keys in hand, each with what waits for it; empty when nothing is being done
 */
export function createKeyedBatcher<Key, Item, Result>(
  run: (key: Key, items: Item[]) => Promise<readonly Result[]>,
  max: number,
  open = new Map<Key, Waiting<Item, Result>[]>(),
): (key: Key, item: Item) => Promise<Result> {
  async function runAll(key: Key, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, max);
      try {
        const results = await run(
          key,
          batch.map(({ item }) => item),
        );
        if (results.length !== batch.length) throw new Error('A batch needs a result for each');
        for (const [index, result] of results.entries()) batch[index]?.resolve(result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    open.delete(key);
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject };
      const queue = open.get(key);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      open.set(key, started);
      void runAll(key, started);
    });
}
