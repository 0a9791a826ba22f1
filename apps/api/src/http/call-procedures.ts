import { TRPCError, callTRPCProcedure, getTRPCErrorFromUnknown } from '@trpc/server';
import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../context.ts';
import { appRouter, procedures } from '../router.ts';
import { type ErrorShape, formatError } from '../trpc/errors.ts';

/** A JSON body, as text and parsed. */
export interface JsonBody {
  text: string;
  value: unknown;
}

export interface TRPCRoute {
  Params: { path: string };
  Querystring: { batch?: unknown; input?: unknown; lastEventId?: unknown };
  Body: JsonBody | undefined;
}

/** Queries by GET, or mutations by POST, with a plain JSON response. */
export interface PlainCalls {
  type: 'query' | 'mutation';
  paths: string[];
  isBatch: boolean;
  /** The input of one call, or of a batch by index. @throws TRPCError BAD_REQUEST when it is not JSON */
  readInput: () => unknown;
}

interface CallResult {
  status: number;
  body: { result: { data: unknown } } | { error: ErrorShape };
}

/** Parses the query as tRPC does: Fastify's parser differs in repeated parameters. */
export function queryOf({ url }: FastifyRequest<TRPCRoute>): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start));
}

/** Returns undefined for a request that `resolveResponse` of tRPC has to handle. */
export function parsePlainCalls(req: FastifyRequest<TRPCRoute>): PlainCalls | undefined {
  const { method, headers, params, body } = req;
  if (method !== 'GET' && method !== 'POST') return undefined;
  const wantsStream = headers['trpc-accept'] ?? headers.accept?.includes('jsonl') ?? false;
  if (wantsStream !== false) return undefined;
  const search = queryOf(req);
  for (const name of search.keys()) if (name !== 'batch' && name !== 'input') return undefined;
  const isBatch = search.get('batch') === '1';
  const paths = isBatch ? params.path.split(',') : [params.path];
  const type = method === 'GET' ? 'query' : 'mutation';
  if (paths.some((path) => procedures.get(path)?._def.type !== type)) return undefined;
  const readInput = () => (method === 'GET' ? parseJson(search.get('input')) : body?.value);
  return { type, paths, isBatch, readInput };
}

/**
 * Calls procedures as `resolveResponse` does, with the same bytes in the response, but without its
 * Fetch API objects, which took a quarter of the CPU time of a call.
 */
export async function callProcedures(
  { type, paths, isBatch, readInput }: PlainCalls,
  ctx: RequestContext,
  onError: (error: TRPCError, path: string) => void,
): Promise<{ status: number; text: string; errors: TRPCError[] }> {
  const errors: TRPCError[] = [];
  const call = async (path: string, batchIndex: number): Promise<CallResult> => {
    const getRawInput = async () => {
      const input = readInput();
      return isBatch ? inputAt(input, batchIndex) : input;
    };
    try {
      const options = {
        router: appRouter,
        path,
        type,
        ctx,
        getRawInput,
        batchIndex,
        signal: undefined,
      };
      return { status: 200, body: { result: { data: await callTRPCProcedure(options) } } };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      errors.push(error);
      onError(error, path);
      const shape = formatError(error, ctx.requestId);
      return { status: shape.data.httpStatus, body: { error: shape } };
    }
  };
  const results = await Promise.all(paths.map(call));
  const [first, ...others] = results;
  const isMixed = others.some(({ status }) => status !== first?.status);
  const bodies = results.map(({ body }) => body);
  return {
    status: isMixed ? 207 : (first?.status ?? 200),
    text: JSON.stringify(isBatch ? bodies : bodies[0]),
    errors,
  };
}

function inputAt(inputs: unknown, index: number): unknown {
  if (inputs === undefined) return undefined;
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw new TRPCError({ code: 'BAD_REQUEST' });
  }
  return new Map<string, unknown>(Object.entries(inputs)).get(String(index));
}

/** Parses the `input` parameter of a GET request. @throws TRPCError BAD_REQUEST */
export function parseJson(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', cause });
  }
}
