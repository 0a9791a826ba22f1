import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const COMMON = {
  acceptRanges: false,
  // Bounds the memory used by a client that does not read.
  highWaterMark: 16 * 1024,
} as const;

/** The options of a file whose name contains a hash of the content. */
export const IMMUTABLE = { ...COMMON, maxAge: '365d', immutable: true } as const;

/** The options of every other file. */
export const REPLACEABLE = { ...COMMON, maxAge: '1h' } as const;

/** Adds `reply.sendFile`, which prefers a compressed file beside the file (`.br`, `.gz`). */
export async function registerStaticFiles(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { serve: false, preCompressed: true });
}
