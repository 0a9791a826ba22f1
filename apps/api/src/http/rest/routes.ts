import accepts from '@fastify/accepts';
import { TRPCError, callTRPCProcedure, getTRPCErrorFromUnknown } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { z } from 'zod';
import { type AppContext, createContext } from '../../context.ts';
import { toCsv, wantsCsv } from './csv.ts';
import { appRouter } from '../../router.ts';
import { logError, sendError } from '../errors.ts';
import { mediaType, addJsonParser } from '../json-parser.ts';
import type { OpenStream } from '../live-streams.ts';
import { registerDocsPage } from './docs-page.ts';
import {
  type Operation,
  buildDocument,
  findOperationObject,
  operations,
  requiresBody,
} from './openapi.ts';

/**
 * Serves every operation under `/api`, the OpenAPI document and the documentation page. A route calls its
 * procedure through tRPC, so the same middlewares run.
 */
export async function registerRestRoutes(
  app: FastifyInstance,
  context: AppContext,
  openStream: OpenStream,
): Promise<void> {
  const document = buildDocument();
  await app.register(async (scope) => {
    await scope.register(accepts);
    addJsonParser(scope, (_, value) => value);
    for (const operation of operations) {
      const decodeInput = inputDecoder(document, operation);
      const handler =
        operation.type === 'subscription'
          ? streamHandler(openStream, operation, decodeInput)
          : callHandler(context, operation, decodeInput);
      addRoute(scope, document, operation, handler);
    }
  });
  await registerDocsPage(app, document);
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

function addRoute(
  scope: FastifyInstance,
  document: OpenAPIObject,
  operation: Operation,
  handler: Handler,
): void {
  const { method, path, procedure, type } = operation;
  const needsBody = requiresBody(document, operation);

  scope.route({
    method,
    config: { procedure },
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    // HEAD would open a stream.
    exposeHeadRoute: method === 'GET' && type !== 'subscription',
    onRequest: async (request, reply) => {
      const received = mediaType(request);
      if (received === 'application/json' || (received === undefined && !needsBody)) return;
      sendError(new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' }), request, reply);
      await reply;
    },
    handler,
  });
}

function callHandler(
  context: AppContext,
  { procedure, type, creates = false }: Operation,
  decodeInput: InputDecoder,
): Handler {
  return async (request, reply) => {
    try {
      const data: unknown = await callTRPCProcedure({
        router: appRouter,
        path: procedure,
        type,
        ctx: createContext(context, request),
        getRawInput: async () => decodeInput(request),
        signal: undefined,
        batchIndex: 0,
      });
      const formatCsv = toCsv[procedure];
      if (formatCsv !== undefined && wantsCsv(request)) {
        return await reply.type('text/csv; charset=utf-8').send(formatCsv(data));
      }
      return await reply.code(creates ? 201 : 200).send(data);
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      logError(request, error, procedure);
      sendError(error, request, reply);
      return await reply;
    }
  };
}

/** Takes the id of the last event from the header that `EventSource` sends, or from the query. */
function streamHandler(
  openStream: OpenStream,
  { procedure }: Operation,
  decodeInput: InputDecoder,
): Handler {
  return async (request, reply) => {
    const lastEventId = request.headers['last-event-id'];
    const resume = typeof lastEventId === 'string' && lastEventId !== '' ? { lastEventId } : {};
    await openStream(request, reply, {
      procedure,
      readInput: () => ({ ...urlFields.parse(decodeInput(request)), ...resume }),
      refuse(error) {
        // Requests pipelined behind a stream get no response.
        void reply.header('connection', 'close');
        sendError(error, request, reply);
      },
    });
    return await reply;
  };
}

type InputDecoder = (request: FastifyRequest) => unknown;

const urlFields = z.record(z.string(), z.unknown());

const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * Creates the function that decodes an operation's input from the body or the query, and the path, which
 * takes precedence. Text from the URL becomes a number or boolean by the type of the parameter. The
 * library's own decoder would set `coerce` on the schema, for tRPC calls too.
 */
function inputDecoder(document: OpenAPIObject, operation: Operation): InputDecoder {
  const types = parameterTypes(document, operation);
  const fromUrl = (values: unknown) =>
    Object.fromEntries(
      Object.entries(urlFields.parse(values)).map(([name, text]) => [
        name,
        fromText(text, types.get(name)),
      ]),
    );
  const inQuery = operation.method === 'GET' || operation.method === 'DELETE';

  return ({ body, query, params }) => {
    const input = inQuery ? fromUrl(query) : (body ?? {});
    const isObject = typeof input === 'object' && !Array.isArray(input);
    return isObject ? { ...input, ...fromUrl(params) } : input;
  };
}

function parameterTypes(document: OpenAPIObject, operation: Operation): Map<string, unknown> {
  const { parameters = [] } = findOperationObject(document, operation);
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
