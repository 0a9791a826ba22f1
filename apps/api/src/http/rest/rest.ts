import accepts from '@fastify/accepts';
import { callTRPCProcedure, getTRPCErrorFromUnknown, TRPCError } from '@trpc/server';
import type { FastifyInstance } from 'fastify';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { appRouter } from '../../router.ts';
import { createContext, type Dependencies } from '../../trpc/context.ts';
import { sendError } from '../errors.ts';
import { takeJson } from '../json-body.ts';
import { logError } from '../log-error.ts';
import { mediaType } from '../media-type.ts';
import { toCsv, wantsCsv } from './csv.ts';
import { buildDocument } from './document.ts';
import { findDescribed } from './find-described.ts';
import { type Operation, operations } from './operations.ts';
import { inputReader } from './read-input.ts';
import { useReference } from './reference.ts';

/**
 * Serves every operation under `/api`, `/openapi.json` which describes them, and `/docs` to read and
 * try them in. A call goes through the procedure, and so through all that guards it.
 */
export async function useRest(app: FastifyInstance, deps: Dependencies): Promise<void> {
  const document = buildDocument();
  await app.register(async (scope) => {
    await scope.register(accepts);
    // An operation that is all in its path may come with a type and no body.
    takeJson(scope, (_, value) => value, true);
    for (const operation of operations) addRoute(scope, deps, document, operation);
  });
  await useReference(app, document);
}

function addRoute(
  scope: FastifyInstance,
  deps: Dependencies,
  document: OpenAPIObject,
  operation: Operation,
): void {
  const { procedure, type, method, path, creates = false } = operation;
  const readInput = inputReader(document, operation);
  const hasBody = findDescribed(document, operation).requestBody !== undefined;

  scope.route({
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request, reply) => {
      const given = mediaType(request);
      if (given === 'application/json' || (given === undefined && !hasBody)) return;
      sendError(new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' }), request, reply);
      await reply;
    },
    handler: async (request, reply) => {
      try {
        const data: unknown = await callTRPCProcedure({
          router: appRouter,
          path: procedure,
          type,
          ctx: createContext(deps, request),
          getRawInput: async () => readInput(request),
          signal: undefined,
          batchIndex: 0,
        });
        const asTable = toCsv[procedure];
        if (asTable !== undefined && wantsCsv(request)) {
          return await reply.type('text/csv; charset=utf-8').send(asTable(data));
        }
        return await reply.code(creates ? 201 : 200).send(data);
      } catch (cause) {
        const error = getTRPCErrorFromUnknown(cause);
        logError(request, error, procedure);
        sendError(error, request, reply);
        return await reply;
      }
    },
  });
}
