import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The code of the error for a body with invalid UTF-8. */
export const NOT_UTF8 = 'NOT_UTF8';

/**
 * Makes a scope accept JSON bodies only. An empty body is undefined. Refuses invalid UTF-8, which Node
 * would replace by U+FFFD, and `__proto__` and `constructor.prototype`.
 *
 * @param toBody returns the body that handlers receive
 */
export function addJsonParser(
  scope: FastifyInstance,
  toBody: (text: string, value: unknown) => unknown,
): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (!isUtf8(bytes)) {
        return done(Object.assign(new Error('Not UTF-8'), { statusCode: 400, code: NOT_UTF8 }));
      }
      if (bytes.length === 0) return done(null);
      const text = bytes.toString();
      return parse(request, text, (error, value) => done(error, toBody(text, value)));
    },
  );
}

export const BODY_LIMIT_BYTES = 16 * 1024;

/**
 * Whether the body may exceed the limit. A refusal before the body is read must then close the
 * connection, because Node would otherwise read the whole body to find the next request.
 */
export function mayExceedBodyLimit(headers: IncomingHttpHeaders): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES
  );
}

/** The media type of the body without parameters, in lower case. */
export function mediaType(request: FastifyRequest): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
