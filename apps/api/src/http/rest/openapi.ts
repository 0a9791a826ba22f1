import {
  type ErrorReason,
  errorReason,
  fieldCode,
  sessionEvent,
  sessionEventsInput,
} from '@classroom/schema';
import type { TRPCProcedureType } from '@trpc/server';
import { type OpenAPIObject, generateOpenApiDocument } from 'trpc-to-openapi';
import { z } from 'zod';
import { DomainError } from '../../errors.ts';
import { appRouter, procedures } from '../../router.ts';
import { formatError, toTRPCError } from '../../trpc/errors.ts';
import type { Meta, RestOperation } from '../../trpc/init.ts';
import { toRestError } from '../errors.ts';
import { toCsv } from './csv.ts';

import manifest from '../../../package.json' with { type: 'json' };

const DESCRIPTION = `The REST API offers the same procedures as tRPC. Request bodies are JSON of at most
16 KiB: another media type is refused with 415, a larger body with 413, both with the reason
\`INVALID_INPUT\`. Times are ISO 8601 strings in UTC, and ids are numbers. Every error has a \`reason\`,
which does not change between versions. Requests from pages of other origins are refused with
\`FORBIDDEN\`, unless \`CORS_ORIGINS\` lists the origin.`;

const TAGS = [
  { name: 'Sessions', description: 'The life of a session, from its creation to its end' },
  { name: 'Participants', description: 'Joining a session, listing and removing participants' },
  { name: 'Questions', description: 'Asking, voting for and answering questions' },
  { name: 'Live events', description: 'The changes of a session as they happen' },
  {
    name: 'Host keys',
    description: 'Owning sessions independently of the host’s name and devices',
  },
  {
    name: 'Devices',
    description: 'Giving other devices the rights of a host, moderator or viewer',
  },
];

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
      fieldCodes: z
        .record(z.string(), z.array(fieldCode))
        .optional()
        .meta({ description: 'Stable codes of these messages, in the same order' }),
      limit: z.int().optional().meta({ description: 'The limit that was reached' }),
      retryAfterSeconds: z.number().optional().meta({ description: 'Seconds to wait' }),
      requestId: z.string().optional().meta({ description: 'The request id in the log' }),
    }),
  })
  .meta({ id: 'Error' });

/**
 * Builds the OpenAPI 3.1 document. The library derives it from the schemas; this module adds the status
 * 201, the tokens, the errors by reason and the examples.
 */
export function buildDocument(): OpenAPIObject {
  const document = generateOpenApiDocument(appRouter, {
    title: manifest.description,
    description: DESCRIPTION,
    version: manifest.version,
    openApiVersion: '3.1.1',
    baseUrl: '/',
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description:
          'The token returned by creating, joining, pairing or entering a session; for the operations on host keys, and optionally for creating a session, a host key',
      },
    },
    defs: { Error: errorBody },
    // The library refuses subscriptions.
    filter: ({ metadata }) => !streams.some((stream) => isSameRoute(stream, metadata.openapi)),
    paths: Object.fromEntries(
      streams.map((operation) => [operation.path, { get: describeStream(operation) }]),
    ),
  });
  document.info.license = { name: manifest.license, identifier: manifest.license };
  document.tags = TAGS;
  const schemas = document.components?.schemas ?? {};
  // `complete` replaces all references to the library's own errors.
  for (const id of Object.keys(schemas)) if (id.startsWith('error.')) delete schemas[id];
  for (const operation of operations) complete(document, operation);
  return document;
}

const SECURITY = {
  none: [],
  optional: [{}, { token: [] }],
  required: [{ token: [] }],
};

function complete(document: OpenAPIObject, operation: Operation): void {
  const { token, creates = false, example } = operation;
  const object = findOperationObject(document, operation);
  object.responses = {
    [creates ? '201' : '200']: object.responses?.['200'],
    ...errorResponses([
      ...ANY_CALL,
      ...operation.reasons,
      ...(token === 'required' ? (['UNAUTHENTICATED'] as const) : []),
    ]),
  };
  object.security = SECURITY[token ?? 'none'];
  describeCsv(object.responses, operation);

  const body = { ...example };
  for (const parameter of object.parameters ?? []) {
    if (!('name' in parameter)) continue;
    if (parameter.name in body) parameter.example = body[parameter.name];
    delete body[parameter.name];
  }
  const { requestBody } = object;
  if (requestBody === undefined || !('content' in requestBody)) return;
  const content = requestBody.content['application/json'];
  if (content === undefined) return;
  content.example = body;
  const { schema = {} } = content;
  requestBody.required = 'required' in schema && (schema.required ?? []).length > 0;
}

/** Adds CSV to the response of an operation that offers it. */
function describeCsv(responses: Responses, { procedure }: Operation): void {
  const success = responses?.['200'];
  if (!(procedure in toCsv) || success === undefined || !('content' in success)) return;
  success.content = {
    ...success.content,
    'text/csv': { schema: { type: 'string', description: 'The questions as a table (RFC 4180)' } },
  };
}

/** A procedure with a REST route. */
export interface Operation extends RestOperation {
  procedure: string;
  type: TRPCProcedureType;
  token: Meta['token'];
}

/** In the order of the router. */
export const operations: readonly Operation[] = [...procedures].flatMap(([procedure, { _def }]) => {
  const { openapi, token }: Meta = _def.meta ?? {};
  return openapi === undefined ? [] : [{ ...openapi, procedure, type: _def.type, token }];
});

const streams = operations.filter(({ type }) => type === 'subscription');

function isSameRoute({ method, path }: Operation, route?: { method?: string; path?: string }) {
  return route?.method === method && route.path === path;
}

/** Describes a stream. OpenAPI 3.1 has no schema for each event, so that of the data stands in. */
function describeStream({ procedure, summary, description, tags }: Operation) {
  const { code, lastEventId } = sessionEventsInput.shape;
  return {
    operationId: procedure.replace('.', '-'),
    summary,
    description,
    tags: [...tags],
    requestParams: {
      path: z.object({ code }),
      query: z.object({ lastEventId }),
      header: z.object({ 'Last-Event-ID': lastEventId }),
    },
    responses: {
      200: {
        description:
          'Server-sent events: `connected` first, then messages with an `id` and a JSON object as `data`, `ping`, and at the end `return` or `serialized-error`',
        content: { 'text/event-stream': { schema: sessionEvent } },
      },
    },
  };
}

const KEYS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Finds the mutable OpenAPI object of an operation. */
export function findOperationObject(document: OpenAPIObject, { method, path }: Operation) {
  const object = document.paths?.[path]?.[KEYS[method]];
  if (object === undefined) throw new Error(`${method} ${path} is not in the document`);
  return object;
}

/** Whether the body of an operation has a required field. */
export function requiresBody(document: OpenAPIObject, operation: Operation): boolean {
  const { requestBody } = findOperationObject(document, operation);
  return requestBody !== undefined && 'required' in requestBody && requestBody.required;
}

type Responses = NonNullable<OpenAPIObject['components']>['responses'];

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
} as const;

/** Builds the error responses by status, with an example for each reason. */
function errorResponses(reasons: readonly ErrorReason[]): NonNullable<Responses> {
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
