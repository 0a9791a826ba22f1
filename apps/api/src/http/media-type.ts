import type { FastifyRequest } from 'fastify';

/** What the body is said to be; undefined when nothing is said. */
export function mediaType(request: FastifyRequest): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
