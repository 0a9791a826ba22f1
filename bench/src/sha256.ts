import { createHash } from 'node:crypto';

/** Stands for the hash of a token: drawn as a text here, it can be drawn by pgbench as well. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
