import { DatabaseError } from 'pg';

/** The constraints that the code decides by; docs/data-model.md has them all. */
export const constraints = {
  idempotencyKey: 'session_participants_idempotency_key_hash_key',
} as const;

const UNIQUE_VIOLATION = '23505';

/** Whether the database refused a row because of the unique constraint of that name. */
export function violates(error: unknown, constraint: string): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === UNIQUE_VIOLATION &&
    error.constraint === constraint
  );
}
