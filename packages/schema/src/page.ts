import { z } from 'zod';

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 50;

/** Which part of a list: what follows `cursor`, which an earlier page gave. */
export const pageInput = z.object({
  cursor: z.string().max(100).optional(),
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
});

/** A part of a list, and where the next one starts; null when there is none. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
