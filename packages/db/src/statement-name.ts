/** Texts beyond this many are dynamic ones; naming them would fill the server's memory. */
const MAX_NAMED_STATEMENTS = 500;

const names = new Map<string, string>();

/**
 * The name under which a statement is prepared, so that the server parses and plans it once per
 * connection. Kysely itself sends every statement unnamed.
 *
 * @returns the same name for the same text, or undefined when there are too many
 */
export function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MAX_NAMED_STATEMENTS) return known;
  const name = `s${names.size + 1}`;
  names.set(text, name);
  return name;
}
