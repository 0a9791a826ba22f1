import type { IncomingHttpHeaders } from 'node:http';

export const BODY_LIMIT_BYTES = 16 * 1024;

/**
 * Whether there may be more of a body than we ever read. A caller refused before it is read has to lose
 * the connection as well: on one that stays open, Node reads all of it to find the next request.
 */
export function mayBeLong(headers: IncomingHttpHeaders): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES
  );
}
