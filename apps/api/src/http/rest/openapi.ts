import { type ErrorReason, errorReason } from '@classroom/schema';
import type { AnyProcedure, AnyRouter, TRPCProcedureType } from '@trpc/server';
import { type OpenAPIObject, generateOpenApiDocument } from 'trpc-to-openapi';
import { z } from 'zod';
import { DomainError } from '../../errors.ts';
import { appRouter } from '../../router.ts';
import { formatError, toTRPCError } from '../../trpc/errors.ts';
import type { Meta, RestOperation } from '../../trpc/init.ts';
import { toRestError } from '../errors.ts';

import manifest from '../../../package.json' with { type: 'json' };

const DESCRIPTION = `The same procedures as over tRPC. Bodies are JSON of at most 16 KiB, times ISO 8601
UTC strings, ids numbers. Anything but JSON gets 415 and a larger body 413, both with the reason
\`INVALID_INPUT\`. Every error has a \`reason\`, which does not change between versions. Pages of origins
that are not allowed get \`FORBIDDEN\`.`;

const ANY_CALL: readonly ErrorReason[] = [
  'INVALID_INPUT',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
];

const errorBody = z
  .object({
    message: z.string(),
    code: z.string().meta({ description: 'The tRPC code' }),
    data: z.object({
      reason: errorReason.meta({ description: 'Stable: switch on it' }),
      code: z.string(),
      httpStatus: z.int(),
      fieldErrors: z
        .record(z.string(), z.array(z.string()))
        .optional()
        .meta({ description: 'Messages by input field' }),
      limit: z.int().optional().meta({ description: 'The limit that was reached' }),
      retryAfterSeconds: z.number().optional().meta({ description: 'Seconds to wait' }),
      requestId: z.string().optional().meta({ description: 'The request id in the log' }),
    }),
  })
  .meta({ id: 'Error' });

/**
 * Builds the OpenAPI 3.1 document. The library derives it from the schemas; 201, the tokens, the errors by
 * reason and the examples are added here.
 */
export function buildDocument(): OpenAPIObject {
  const document = generateOpenApiDocument(appRouter, {
    title: manifest.description,
    description: DESCRIPTION,
    version: manifest.version,
    openApiVersion: '3.1.1',
    baseUrl: '/',
    tags: [...new Set(operations.flatMap(({ tags }) => tags))],
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description: 'The token from creating, joining or pairing',
      },
    },
    defs: { Error: errorBody },
  });
  const schemas = document.components?.schemas ?? {};
  // The library's own errors, which nothing refers to after `complete`.
  for (const id of Object.keys(schemas)) if (id.startsWith('error.')) delete schemas[id];
  for (const operation of operations) complete(document, operation);
  return document;
}

function complete(document: OpenAPIObject, operation: Operation): void {
  const { token, creates = false, example } = operation;
  const described = findOperationObject(document, operation);
  described.responses = {
    [creates ? '201' : '200']: described.responses?.['200'],
    ...errorResponses([
      ...ANY_CALL,
      ...operation.reasons,
      ...(token === 'required' ? (['UNAUTHENTICATED'] as const) : []),
    ]),
  };
  if (token === undefined) delete described.security;
  else described.security = [...(token === 'optional' ? [{}] : []), { token: [] }];

  const body = { ...example };
  for (const parameter of described.parameters ?? []) {
    if (!('name' in parameter)) continue;
    if (parameter.name in body) parameter.example = body[parameter.name];
    delete body[parameter.name];
  }
  const content =
    described.requestBody !== undefined && 'content' in described.requestBody
      ? described.requestBody.content['application/json']
      : undefined;
  if (content !== undefined) content.example = body;
}

/** A procedure with a REST route. */
export interface Operation extends RestOperation {
  procedure: string;
  type: TRPCProcedureType;
  token: Meta['token'];
}

// The type of `appRouter` nests its procedures; that of any router lists them.
const router: AnyRouter = appRouter;

/** In the order of the router. */
export const operations: readonly Operation[] = Object.entries<AnyProcedure>(
  router._def.procedures,
).flatMap(([procedure, { _def }]) => {
  const { openapi, token }: Meta = _def.meta ?? {};
  return openapi === undefined ? [] : [{ ...openapi, procedure, type: _def.type, token }];
});

const KEYS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Finds the mutable OpenAPI object of an operation. */
export function findOperationObject(document: OpenAPIObject, { method, path }: Operation) {
  const described = document.paths?.[path]?.[KEYS[method]];
  if (described === undefined) throw new Error(`${method} ${path} is not in the document`);
  return described;
}

type Responses = NonNullable<OpenAPIObject['components']>['responses'];

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
} as const;

/** Builds the error responses by status, with an example for each reason. */
export function errorResponses(reasons: readonly ErrorReason[]): NonNullable<Responses> {
  const bodies = [...new Set(reasons)].map((reason) =>
    toRestError(formatError(toTRPCError(new DomainError(reason)), '')),
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
