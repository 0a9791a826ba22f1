import { z } from 'zod';
import { text } from './text.ts';

/** A display name: a label, which authorises nothing. 1 to 100 code points. */
export const displayName = text(100);

export const userSummary = z
  .object({
    id: z.int(),
    displayName: z.string(),
  })
  .meta({ id: 'UserSummary' });
export type UserSummary = z.infer<typeof userSummary>;
