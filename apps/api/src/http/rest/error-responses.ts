import type { ErrorReason } from '@classroom/schema';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { DomainError } from '../../domain-error.ts';
import { errorShape } from '../../trpc/error-shape.ts';
import { toTRPCError } from '../../trpc/errors.ts';
import { toRestError } from './error-body.ts';

type Responses = NonNullable<OpenAPIObject['components']>['responses'];

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
} as const;

/** The answers to a call that fails for one of these reasons, by status, each reason with an example. */
export function errorResponses(reasons: readonly ErrorReason[]): NonNullable<Responses> {
  const bodies = [...new Set(reasons)].map((reason) =>
    toRestError(errorShape(toTRPCError(new DomainError(reason)), '')),
  );
  const byStatus = Object.groupBy(bodies, ({ data }) => data.httpStatus);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group.map(({ message, data }) => `\`${data.reason}\`: ${message}.`).join(' '),
        ...((status === '429' || status === '503') && { headers: RETRY_AFTER }),
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/Error' },
            examples: Object.fromEntries(group.map((value) => [value.data.reason, { value }])),
          },
        },
      },
    ]),
  );
}
