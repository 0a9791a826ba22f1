import type { ErrorReason } from '@classroom/schema';
import type { AnyProcedure, AnyRouter, TRPCProcedureType } from '@trpc/server';
import { type OpenAPIObject, generateOpenApiDocument } from 'trpc-to-openapi';
import { DomainError } from '../../errors.ts';
import { appRouter } from '../../router.ts';
import { formatError, toTRPCError } from '../../trpc/errors.ts';
import type { Meta, RestOperation } from '../../trpc/init.ts';
import { errorBody, toRestError } from '../errors.ts';

import manifest from '../../../package.json' with { type: 'json' };

const DESCRIPTION = `The same procedures as over tRPC. Bodies are JSON of at most 16 KiB, times ISO 8601
UTC strings, ids numbers. Anything but JSON gets 415 and a larger body 413, both with the reason
\`INVALID_INPUT\`. Every error has a \`reason\` to decide by. A page of a foreign origin gets
\`FORBIDDEN\` whatever it asks.`;

const ANY_CALL: readonly ErrorReason[] = [
  'INVALID_INPUT',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
];

/**
 * The OpenAPI 3.1 document of all operations. The library makes it from their shapes; what it does not
 * know of is put in here: 201, who needs a token, the errors by reason, and the examples.
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
        description: 'What creating, joining or pairing gave',
      },
    },
    defs: { Error: errorBody },
  });
  const schemas = document.components?.schemas ?? {};
  // Errors as the library has them, which nothing refers to any more.
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

/** A procedure that has a route. */
export interface Operation extends RestOperation {
  /** Such as `sessions.create`. */
  procedure: string;
  type: TRPCProcedureType;
  token: Meta['token'];
}

// As any router: its own type has the procedures in a tree.
const router: AnyRouter = appRouter;

/** All procedures that have a route, in the order of the router. */
export const operations: readonly Operation[] = Object.entries<AnyProcedure>(
  router._def.procedures,
).flatMap(([procedure, { _def }]) => {
  const { openapi, token }: Meta = _def.meta ?? {};
  return openapi === undefined ? [] : [{ ...openapi, procedure, type: _def.type, token }];
});

const KEYS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** What the document says of an operation; it is free to change. */
export function findOperationObject(document: OpenAPIObject, { method, path }: Operation) {
  const described = document.paths?.[path]?.[KEYS[method]];
  if (described === undefined) throw new Error(`${method} ${path} is not in the document`);
  return described;
}

type Responses = NonNullable<OpenAPIObject['components']>['responses'];

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
} as const;

/** The answers to a call that fails for one of these reasons, by status, each reason with an example. */
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
