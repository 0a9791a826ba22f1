import type { NewSession } from '@classroom/db';
import { DIGITS_OF_NEW, type Draw } from '../draw.ts';
import { sha256 } from '../sha256.ts';

/** A session of a new host. */
export function newSession(draw: Draw): NewSession {
  return {
    title: 'Algebra I',
    hostDisplayName: draw(DIGITS_OF_NEW),
    code: draw(10),
    ttlSeconds: 86_400,
    tokenHash: sha256(draw(DIGITS_OF_NEW)),
    idempotencyKeyHash: null,
    tokenSeed: null,
  };
}
