/** Runs `work` for each item, that many at once. */
export async function forEach<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  // One iterator for all workers: each takes the next item that nobody has.
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** So many indices, to be handed to `forEach`. */
export const times = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
