import { reasonOf } from '@classroom/client';

/**
 * Creates a function that replaces what differs between any two sessions: ids and codes by their order
 * of appearance per kind, tokens and times by their kind.
 *
 * @param names replacements of names
 */
export function createNormaliser(names: ReadonlyMap<string, string>) {
  const tokens = new Map<string, Map<unknown, string>>();
  const replace = (kind: string, value: unknown): string => {
    const known = tokens.get(kind) ?? new Map<unknown, string>();
    tokens.set(kind, known);
    const token = known.get(value) ?? `${kind} ${known.size + 1}`;
    known.set(value, token);
    return token;
  };
  const normaliseText = (key: string, text: string): string => {
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return 'time';
    if (/^[\w-]{43}$/.test(text)) return 'token';
    if (key === 'code' || key === 'pairingCode') return replace(key, text);
    return names.get(text) ?? text;
  };
  const normalise = (value: unknown, key = '', kind = ''): unknown => {
    if (typeof value === 'string') return normaliseText(key, value);
    if (typeof value === 'number') return kind === '' ? value : replace(kind, value);
    if (Array.isArray(value)) return value.map((each: unknown) => normalise(each));
    if (typeof value !== 'object' || value === null) return value;
    const entries: [string, unknown][] = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, each]) => [name, normalise(each, name, kindOf(name, value))]),
    );
  };
  return (value: unknown) => normalise(value);
}

/** The kind of row that a field identifies, or an empty string. */
function kindOf(field: string, object: object): string {
  if (field === 'questionId' || field === 'participantId') return field.slice(0, -2);
  if (field !== 'id') return '';
  if ('body' in object) return 'question';
  if ('role' in object) return 'participant';
  return 'title' in object ? 'session' : 'user';
}

/** Returns the result of a call, or everything that its error tells. */
export async function tellOutcome(call: Promise<unknown>): Promise<object> {
  return await call.then(
    (result) => ({ result }),
    (error: unknown) => {
      if (!(error instanceof Error)) throw error;
      const data: unknown = 'data' in error ? error.data : undefined;
      return { reason: reasonOf(error), message: error.message, data };
    },
  );
}
