import type { Client } from '@classroom/client';
import { type TestDatabase, useTestDatabase } from '@classroom/db/testing';
import { afterAll } from 'vitest';
import { clientOf } from './client-of.ts';
import { type RunningApi, startApi } from './start-api.ts';

export interface UsedApi {
  database: TestDatabase;
  api: RunningApi;
  /** A client with that token, or with none. */
  as: (token?: string) => Client;
}

/** Runs an API on a database of its own until the last test of the file. */
export async function useApi(): Promise<UsedApi> {
  const database = await useTestDatabase();
  const api = await startApi({ DATABASE_URL: database.url });
  afterAll(() => api[Symbol.asyncDispose]());
  return { database, api, as: (token) => clientOf(api, token) };
}
