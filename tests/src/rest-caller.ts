import { errorReason } from '@classroom/schema';
import { z } from 'zod';
import { fetchServed } from './client.ts';

const response = z.looseObject({
  content: z.record(
    z.string(),
    z.object({
      schema: z.record(z.string(), z.unknown()),
      examples: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

const operation = z.looseObject({
  summary: z.string(),
  requestBody: z
    .object({
      content: z.object({
        'application/json': z.looseObject({ example: z.record(z.string(), z.unknown()) }),
      }),
    })
    .optional(),
  parameters: z.array(z.unknown()).optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  responses: z.record(z.string(), response),
});

/** The parts of an OpenAPI document that the tests read. */
const openApiDocument = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
});
export type OpenApiDocument = z.infer<typeof openApiDocument>;

/** The body of a refusal over REST. */
export const restError = z.object({
  message: z.string(),
  code: z.string(),
  data: z.looseObject({
    reason: errorReason,
    fieldErrors: z.record(z.string(), z.array(z.string())).optional(),
    retryAfterSeconds: z.number().optional(),
  }),
});

export interface RestResponse {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface RestCall {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

export type RestCaller = (route: string, call?: RestCall) => Promise<RestResponse>;

export async function fetchDocument(url: string): Promise<OpenApiDocument> {
  const served = await fetchServed(`${url}/openapi.json`);
  return openApiDocument.parse(await served.json());
}

/**
 * Calls routes such as `POST /api/sessions` with fetch.
 *
 * @throws when the document does not list the status, or the reason of a refusal, for the route
 */
export function createRestCaller(url: string, document: OpenApiDocument): RestCaller {
  return async (route, { body, token, headers = {} } = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const served = await fetchServed(`${url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status } = served;
    const parsed: unknown = await served.json();
    const documented = findOperation(document, method, path)?.responses[String(status)];
    if (documented === undefined) throw new Error(`${route}: ${status} is not in the document`);
    if (status >= 400) {
      const { reason } = restError.parse(parsed).data;
      if (!(reason in (documented.content['application/json']?.examples ?? {}))) {
        throw new Error(`${route}: ${status} ${reason} is not in the document`);
      }
    }
    return { status, headers: served.headers, body: parsed };
  };
}

function findOperation({ paths }: OpenApiDocument, method: string, given: string) {
  const path = given.split('?', 1)[0] ?? '';
  // `/api/a/b` comes before `/api/a/{b}`.
  const template = Object.keys(paths)
    .toSorted((a, b) => a.split('{').length - b.split('{').length)
    .find((key) => new RegExp(`^${key.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path));
  return paths[template ?? '']?.[method.toLowerCase()];
}
