import { z } from 'zod';

/**
 * A UUID that the caller draws once per intended change and sends again with every retry. Whoever
 * knows it can repeat the call and read its answer, token included: draw it at random.
 */
export const idempotencyKey = z.uuid().toLowerCase();
