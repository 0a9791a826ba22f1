import { read, write } from '../storage.ts';

/** A question that the server has not confirmed. The key lets it be sent again, also after a reload. */
export interface UnsentQuestion {
  body: string;
  anonymous: boolean;
  idempotencyKey: string;
}

export function unsentKey(code: string): string {
  return `${code}:unsent`;
}

function isUnsentQuestion(value: unknown): value is UnsentQuestion {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'body') === 'string' &&
    typeof Reflect.get(value, 'anonymous') === 'boolean' &&
    typeof Reflect.get(value, 'idempotencyKey') === 'string'
  );
}

/** Reads stored questions; the text may be of another version, or edited. */
export function parseUnsent(stored: string | null): UnsentQuestion[] {
  try {
    const values: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(values) ? values.filter(isUnsentQuestion) : [];
  } catch {
    return [];
  }
}

function change(code: string, to: (unsent: UnsentQuestion[]) => UnsentQuestion[]): void {
  const unsent = to(parseUnsent(read(unsentKey(code))));
  write(unsentKey(code), unsent.length === 0 ? null : JSON.stringify(unsent));
}

export function addUnsent(code: string, question: UnsentQuestion): void {
  change(code, (unsent) => [...unsent, question]);
}

export function removeUnsent(code: string, idempotencyKey: string | undefined): void {
  change(code, (unsent) => unsent.filter((question) => question.idempotencyKey !== idempotencyKey));
}
