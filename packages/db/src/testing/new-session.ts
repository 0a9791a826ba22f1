import { randomBytes, randomInt } from 'node:crypto';
import { CODE_ALPHABET } from '@classroom/schema';
import type { NewParticipant } from '../repositories/insert-participant.ts';
import type { NewSession } from '../repositories/insert-session.ts';

/** A session as `insertSession` takes it, of a host and with a code that no other test has. */
export function newSession(overrides: Partial<NewSession> = {}): NewSession {
  return {
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomBytes(6).toString('hex')}`,
    code: newCode(),
    ttlSeconds: 3600,
    tokenHash: randomBytes(32),
    idempotencyKeyHash: null,
    tokenSeed: null,
    ...overrides,
  };
}

/** A participant as `insertParticipant` takes one, under a name that no other test has. */
export function newParticipant(overrides: Partial<NewParticipant> = {}): NewParticipant {
  return {
    code: '',
    displayName: `Ben ${randomBytes(6).toString('hex')}`,
    callerTokenHash: null,
    maxParticipants: 2_000,
    tokenHash: randomBytes(32),
    idempotencyKeyHash: null,
    tokenSeed: null,
    ...overrides,
  };
}

export function newCode(): string {
  return Array.from({ length: 10 }, () =>
    CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length)),
  ).join('');
}
