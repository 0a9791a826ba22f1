import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, type ErrorReason, reasonOf } from '@classroom/client';
import { type TestDatabase, useTestDatabase } from '@classroom/db/testing';
import { afterAll } from 'vitest';
import { type RunningApi, startApi } from '@classroom/api/start';

export interface ApiAddress {
  url: string;
  /** Sent with every call. */
  headers?: Record<string, string>;
}

/** Creates a client as frontends do: it retries only idempotent calls. */
export const plainClientOf = ({ url, headers }: ApiAddress, token?: string): Client =>
  createClient({ url: new URL('/trpc', url).href, token, headers });

/**
 * Creates a client that repeats every call until a busy server accepts it: on a slow machine, load shedding
 * may refuse a call.
 */
export const clientOf = (api: ApiAddress, token?: string): Client =>
  repeatUnavailable(plainClientOf(api, token));

const REPEAT_FOR_MS = 60_000;
const REPEAT_AFTER_MS = 200;

/** Wraps every procedure below a part of a client. */
export function repeatUnavailable<Part extends object>(part: Part, name?: string | symbol): Part {
  return new Proxy(part, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' || (typeof value === 'object' && value !== null)
        ? repeatUnavailable(value, key)
        : value;
    },
    apply(target, self, args) {
      const call = (): unknown =>
        typeof target === 'function' ? Reflect.apply(target, self, args) : undefined;
      return name === 'mutate' || name === 'query' ? untilAvailable(call) : call();
    },
  });
}

/** Repeats a call until a busy server accepts it. */
export async function untilAvailable<Result>(
  call: () => Result | Promise<Result>,
  reasonIn: (error: unknown) => ErrorReason | undefined = reasonOf,
): Promise<Result> {
  for (const started = performance.now(); ; await sleep(REPEAT_AFTER_MS)) {
    try {
      return await call();
    } catch (error) {
      const isOver = performance.now() - started > REPEAT_FOR_MS;
      if (isOver || reasonIn(error) !== 'UNAVAILABLE') throw error;
    }
  }
}

/** Calls fetch until a busy server accepts the request. */
export async function fetchServed(...request: Parameters<typeof fetch>): Promise<Response> {
  for (const started = performance.now(); ; await sleep(REPEAT_AFTER_MS)) {
    const response = await fetch(...request);
    if (response.status !== 503 || performance.now() - started > REPEAT_FOR_MS) return response;
    await response.arrayBuffer();
  }
}

/** The input of a session whose host no other test uses. */
export const sessionInput = () => ({
  title: 'Algebra I',
  hostDisplayName: `Ada ${randomUUID()}`,
});

/** Creates a session whose host no other test uses. */
export const createSession = (api: ApiAddress) =>
  clientOf(api).sessions.create.mutate(sessionInput());

/** Returns the reason of a refusal, or `none` when the call succeeds. */
export async function reasonFor(call: Promise<unknown>): Promise<ErrorReason | 'none' | undefined> {
  return await call.then(() => 'none' as const, reasonOf);
}

/** Counts the calls by the reason of their refusal; `none` counts those that succeed. */
export async function countReasons(
  calls: readonly Promise<unknown>[],
): Promise<Record<string, number>> {
  const reasons = await Promise.all(calls.map(reasonFor));
  return countBy(reasons.map((reason) => reason ?? 'unknown'));
}

export function countBy(keys: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

export interface UsedApi {
  database: TestDatabase;
  api: RunningApi;
  /** Creates a client with this token, or without one. */
  as: (token?: string) => Client;
}

/** Runs an API on its own database until the last test of the file. */
export async function useApi(env: Record<string, string> = {}): Promise<UsedApi> {
  const database = await useTestDatabase();
  const api = await startApi({ DATABASE_URL: database.url, ...env });
  afterAll(() => api[Symbol.asyncDispose]());
  return { database, api, as: (token) => clientOf(api, token) };
}
