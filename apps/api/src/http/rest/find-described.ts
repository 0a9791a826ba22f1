import type { OpenAPIObject } from 'trpc-to-openapi';
import type { Operation } from './operations.ts';

const KEYS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** What the document says of an operation; it is free to change. */
export function findDescribed(document: OpenAPIObject, { method, path }: Operation) {
  const described = document.paths?.[path]?.[KEYS[method]];
  if (described === undefined) throw new Error(`${method} ${path} is not in the document`);
  return described;
}
