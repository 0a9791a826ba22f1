import { z } from 'zod';

const reply = z.looseObject({
  content: z.object({
    'application/json': z.object({ examples: z.record(z.string(), z.unknown()).optional() }),
  }),
});

const described = z.looseObject({
  summary: z.string(),
  requestBody: z
    .object({
      content: z.object({
        'application/json': z.looseObject({ example: z.record(z.string(), z.unknown()) }),
      }),
    })
    .optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  responses: z.record(z.string(), reply),
});

/** Of an OpenAPI document, what the tests look at. */
export const openApiDocument = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), described)),
});
export type OpenApiDocument = z.infer<typeof openApiDocument>;

export interface RestAnswer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  body: any;
}

export interface RestCall {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

export type RestCaller = (route: string, call?: RestCall) => Promise<RestAnswer>;

/** The document that the server at `url` serves. */
export async function fetchDocument(url: string): Promise<OpenApiDocument> {
  const response = await fetch(`${url}/openapi.json`);
  return openApiDocument.parse(await response.json());
}

/**
 * Calls routes like `POST /api/sessions` with plain fetch.
 *
 * @throws when the status or the reason of an answer is not in the document for that route
 */
export function createRestCaller(url: string, document: OpenApiDocument): RestCaller {
  return async (route, { body, token, headers = {} } = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = {
      status: response.status,
      headers: response.headers,
      body: JSON.parse(await response.text()),
    };
    const { reason } = z.object({ reason: z.string().optional() }).parse(answer.body);
    const documented = find(document, method, path)?.responses[String(answer.status)];
    const examples = documented?.content['application/json'].examples ?? {};
    if (documented === undefined || (reason !== undefined && !(reason in examples))) {
      throw new Error(`${route} answered ${answer.status} ${reason}, which is not in the document`);
    }
    return answer;
  };
}

function find(document: OpenApiDocument, method: string, given: string) {
  const path = given.split('?', 1)[0] ?? '';
  const template = Object.keys(document.paths)
    .toSorted((a, b) => a.split('{').length - b.split('{').length)
    .find((key) => new RegExp(`^${key.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path));
  return document.paths[template ?? '']?.[method.toLowerCase()];
}
