import { Client } from 'pg';
import type { PoolOptions } from '../pool.ts';

export const SLOW_MACHINE_TIMEOUTS: PoolOptions = {
  statementTimeoutMs: 30_000,
  connectTimeoutMs: 30_000,
};

/** Runs one statement, such as `create database`, on a new connection. */
export async function administer(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  // A dying server also emits an error, which without a listener would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Returns the URL of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
