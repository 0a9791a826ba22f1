import { z } from 'zod';
import { ERROR_REASONS } from './error-reason.ts';

/** A reason as it comes over the wire. Apart from the list, so that the client needs no zod. */
export const errorReason = z.enum(ERROR_REASONS);
