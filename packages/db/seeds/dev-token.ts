import { hash } from 'node:crypto';

/**
 * The token of somebody in a seeded session: the same each time, and no secret.
 *
 * @example devToken('GRPH33', 'Ben') // 'dev-GRPH33-ben------------------------------'
 */
export function devToken(code: string, name: string): string {
  return `dev-${code}-${name.toLowerCase().replaceAll(' ', '-')}`.padEnd(43, '-');
}

/** SHA-256 of it: what is stored of a token. */
export function devTokenHash(code: string, name: string): Buffer {
  return hash('sha256', devToken(code, name), 'buffer');
}
