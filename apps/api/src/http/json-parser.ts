import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Lets a scope take bodies of JSON and nothing else. Refused are those with `__proto__` or
 * `constructor.prototype` in them, and those in which Node would put U+FFFD for what is not UTF-8.
 *
 * @param toBody what of it handlers get: of the text, and of the value in it
 * @param mayBeEmpty whether there may be none of it, of which they get undefined
 */
export function addJsonParser(
  scope: FastifyInstance,
  toBody: (text: string, value: unknown) => unknown,
  mayBeEmpty = false,
): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (!isUtf8(bytes)) return done(Object.assign(new Error('Not UTF-8'), { statusCode: 400 }));
      if (bytes.length === 0 && mayBeEmpty) return done(null);
      const text = bytes.toString();
      return parse(request, text, (error, value) => done(error, toBody(text, value)));
    },
  );
}

export const BODY_LIMIT_BYTES = 16 * 1024;

/**
 * Whether there may be more of a body than we ever read. A caller refused before it is read has to lose
 * the connection as well: on one that stays open, Node reads all of it to find the next request.
 */
export function mayExceedBodyLimit(headers: IncomingHttpHeaders): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES
  );
}

/** What the body is said to be; undefined when nothing is said. */
export function mediaType(request: FastifyRequest): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
