import type { FastifyRequest } from 'fastify';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { z } from 'zod';
import { findDescribed } from './find-described.ts';
import type { Operation } from './operations.ts';

const fields = z.record(z.string(), z.unknown());

const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * Makes the reader of an operation's input: the fields of the body, or those of the query where there
 * is none, and those of the path, which win. What stands in a URL is text: where the document says
 * number or boolean it becomes one, if it is written as one. The shapes are left as they are; the
 * library would make them take text for a number ever after, over tRPC too.
 */
export function inputReader(
  document: OpenAPIObject,
  operation: Operation,
): (request: FastifyRequest) => unknown {
  const types = parameterTypes(document, operation);
  const fromUrl = (given: unknown) =>
    Object.fromEntries(
      Object.entries(fields.parse(given)).map(([name, text]) => [
        name,
        fromText(text, types.get(name)),
      ]),
    );
  const inQuery = operation.method === 'GET' || operation.method === 'DELETE';

  return ({ body, query, params }) => {
    const given = inQuery ? fromUrl(query) : (body ?? {});
    const isObject = typeof given === 'object' && !Array.isArray(given);
    return isObject ? { ...given, ...fromUrl(params) } : given;
  };
}

function parameterTypes(document: OpenAPIObject, operation: Operation): Map<string, unknown> {
  const { parameters = [] } = findDescribed(document, operation);
  return new Map(
    parameters.flatMap((parameter) =>
      'name' in parameter && parameter.schema !== undefined && 'type' in parameter.schema
        ? [[parameter.name, parameter.schema.type]]
        : [],
    ),
  );
}

function fromText(text: unknown, type: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return (type === 'integer' || type === 'number') && NUMBER.test(text) ? Number(text) : text;
}
