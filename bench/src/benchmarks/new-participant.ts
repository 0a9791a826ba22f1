import type { NewParticipant } from '@classroom/db';
import { DIGITS_OF_NEW, type Draw } from '../draw.ts';
import { sha256 } from '../sha256.ts';

/** Somebody new, for the session with this code. */
export function newParticipant(code: string, draw: Draw): NewParticipant {
  return {
    code,
    displayName: draw(DIGITS_OF_NEW),
    callerTokenHash: null,
    // So many slots that no two calls draw the same: pgbench does not try again as the API does.
    maxParticipants: 2_000_000_000,
    tokenHash: sha256(draw(DIGITS_OF_NEW)),
    idempotencyKeyHash: null,
    tokenSeed: null,
  };
}
