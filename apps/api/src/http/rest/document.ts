import type { ErrorReason } from '@classroom/schema';
import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi';
import manifest from '../../../package.json' with { type: 'json' };
import { appRouter } from '../../router.ts';
import { errorBody } from './error-body.ts';
import { errorResponses } from './error-responses.ts';
import { findDescribed } from './find-described.ts';
import { type Operation, operations } from './operations.ts';

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
  const described = findDescribed(document, operation);
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
