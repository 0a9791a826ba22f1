import { z } from 'zod';

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 50;

/** The error for a malformed cursor. */
export const INVALID_CURSOR = 'Must be the nextCursor of an earlier page';

/** The page size of a list. Each list adds its own `cursor`. */
export const pageInput = z.object({
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
});

/**
 * One page of a list, and the cursor of the next page; null on the last one.
 *
 * @param id of the shape in the OpenAPI document
 */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() }).meta({ id });
}

/** A position in a list by id. */
export const idCursor = z.codec(z.string().regex(/^\d{1,15}$/, INVALID_CURSOR), z.number(), {
  decode: Number,
  encode: String,
});
