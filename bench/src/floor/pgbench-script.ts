import { captureQueries } from '@classroom/db/testing/inspection';
import type { Round } from '../benchmark.ts';
import { type Draw, drawAtRandom, numbersOf } from '../draw.ts';
import { sha256 } from '../sha256.ts';

/**
 * The statement of a round as the API sends it. Among its parameters, what was drawn for a sample
 * is found again and becomes a variable that pgbench draws; the rest is written as it is.
 */
export async function pgbenchScript(round: Round, databaseUrl: string): Promise<string> {
  const lines: string[] = [];
  const expressions = new Map<string, string>();
  const draw: Draw = (digits) => {
    const value = drawAtRandom(digits);
    const { first, last } = numbersOf(digits);
    const variable = `drawn_${lines.length + 1}`;
    lines.push(`\\set ${variable} random(${first}, ${last})`);
    expressions.set(value, `:${variable}`);
    expressions.set(sha256(value).toString('hex'), `sha256(cast(:${variable} as text)::bytea)`);
    return value;
  };

  const queries = await captureQueries(databaseUrl, (db) => round.statement(db, draw));
  const [query] = queries;
  if (query === undefined || queries.length > 1) {
    throw new Error(`A call sends one statement, and this one sent ${queries.length}`);
  }
  const statement = query.sql.replaceAll(/\$(\d+)/g, (_, position: string) => {
    const value = query.parameters[Number(position) - 1];
    const drawn = expressions.get(Buffer.isBuffer(value) ? value.toString('hex') : String(value));
    return drawn ?? toLiteral(value);
  });
  return [...lines, `${statement};`].join('\n');
}

function toLiteral(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (Buffer.isBuffer(value)) return String.raw`'\x${value.toString('hex')}'`;
  throw new Error(`No literal for a parameter of the type ${typeof value}`);
}
