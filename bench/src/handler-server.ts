import { createHash, randomBytes } from 'node:crypto';
import { insertSession } from '@classroom/db';
import { captureQueries } from '@classroom/db/testing/inspection';
import { fastify } from 'fastify';
import { Pool } from 'pg';
import { newSession } from './procedures.ts';
import { randomDigits } from './random-digits.ts';

/**
 * `sessions.create` by hand, for comparison with the API: Fastify, pg and the API's statement, without
 * tRPC, zod, Kysely, limits, logs or metrics. A process of its own, started with a database URL.
 */
const [, , databaseUrl = ''] = process.argv;

const sample = newSession(randomDigits);
const fields = new Map(Object.entries(sample).map(([name, value]) => [value, name]));
const [query] = await captureQueries(databaseUrl, (db) => insertSession(db, sample));
if (query === undefined) throw new Error('insertSession sent no statement');
const statement = { name: 'create', text: query.sql };
const parameterNames = query.parameters.map((value) => fields.get(value) ?? '');

interface Row {
  id: string | null;
  host_user_id: string | null;
  created_at: Date | null;
  code_taken: boolean;
}

const pool = new Pool({ connectionString: databaseUrl, max: 10 });
const app = fastify();

app.post<{ Body: { title?: unknown; hostDisplayName?: unknown } }>('/', async (request, reply) => {
  const { title, hostDisplayName } = request.body;
  if (typeof title !== 'string' || typeof hostDisplayName !== 'string') {
    return await reply.code(400).send({ message: 'title and hostDisplayName must be strings' });
  }
  const hostToken = randomBytes(32).toString('base64url');
  const tokenHash = createHash('sha256').update(hostToken).digest();
  let code: string;
  let row: Row | undefined;
  do {
    code = randomDigits(10);
    const session = new Map<string, unknown>(
      Object.entries({ ...sample, title, hostDisplayName, code, tokenHash }),
    );
    const values = parameterNames.map((name) => session.get(name));
    [row] = (await pool.query<Row>({ ...statement, values })).rows;
    // With 100,000 sessions, about one code in 90,000 is taken.
  } while (row?.code_taken === true);
  if (row === undefined || row.id === null) {
    return await reply.code(409).send({ message: 'The session was not created' });
  }
  return {
    id: Number(row.id),
    code,
    title,
    status: 'draft',
    host: { id: Number(row.host_user_id), displayName: hostDisplayName },
    createdAt: row.created_at,
    hostToken,
  };
});

process.once('disconnect', () => process.exit());
process.send?.(await app.listen({ port: 0 }));
