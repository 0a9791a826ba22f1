import type { TRPCLink } from '@trpc/client';
import type { Contract } from './contract.ts';
import type { PublicRouter } from './public-router.ts';

/** The mutations of a feature that take a key. */
type Keyed<Procedures> = {
  [Name in keyof Procedures & string]: Procedures[Name] extends { input: infer Input }
    ? 'idempotencyKey' extends keyof Input
      ? Name
      : never
    : never;
}[keyof Procedures & string];

type KeyedPath<Features = Contract['procedures']> = {
  [Feature in keyof Features & string]: `${Feature}.${Keyed<Features[Feature]>}`;
}[keyof Features & string];

/** Does not compile while one is missing. */
const KEYED = {
  'sessions.create': true,
  'sessions.join': true,
  'questions.submit': true,
} satisfies Record<KeyedPath, true>;

/** Draws a key for a call that takes one and has none, so that it can be repeated. */
export const withIdempotencyKey: TRPCLink<PublicRouter> =
  () =>
  ({ op, next }) => {
    const { input } = op;
    if (!Object.hasOwn(KEYED, op.path) || typeof input !== 'object' || input === null) {
      return next(op);
    }
    const given = 'idempotencyKey' in input ? input.idempotencyKey : undefined;
    return next({ ...op, input: { ...input, idempotencyKey: given ?? randomUUID() } });
  };

/** As `crypto.randomUUID`, which browsers have on pages from https or localhost only. */
function randomUUID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) % 16) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) % 64) | 0x80], 8);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
