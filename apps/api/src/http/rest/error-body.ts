import { errorReason } from '@classroom/schema';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ErrorShape } from '../../trpc/error-shape.ts';

/** What REST says of an error: what tRPC says of it, in the form that trpc-to-openapi gives it. */
export const errorBody = z
  .object({
    message: z.string(),
    code: z.string().meta({ description: 'The code of tRPC' }),
    data: z.object({
      reason: errorReason.meta({ description: 'What to decide by' }),
      code: z.string(),
      httpStatus: z.int(),
      fieldErrors: z
        .record(z.string(), z.array(z.string()))
        .optional()
        .meta({ description: 'What is wrong, by the name of the input field' }),
      limit: z.int().optional().meta({ description: 'How many there may be' }),
      retryAfterSeconds: z.number().optional().meta({ description: 'When to try again' }),
      requestId: z.string().optional().meta({ description: 'Under what name it was logged' }),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof errorBody>;

export function isRest({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return url.startsWith('/api/');
}

export function toRestError({ message, data }: ErrorShape): ErrorBody {
  return { message, code: data.code, data };
}
