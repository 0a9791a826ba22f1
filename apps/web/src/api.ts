import { createClient, type PublicRouter, retryOf } from '@classroom/client';
import { QueryClient } from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { HOST_KEY, read } from './storage.ts';

export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: retryOf } } });

/** The client of one token, and the same procedures as options of TanStack Query. */
export function createApi(token?: string | (() => string | undefined)) {
  const client = createClient({ url: '/trpc', token });
  return { client, trpc: createTRPCOptionsProxy<PublicRouter>({ client, queryClient }) };
}

export type Api = ReturnType<typeof createApi>;

/** Without a token. */
export const anyone = createApi();

/** With the host key of this browser, if it has one. */
export const asHost = createApi(() => read(HOST_KEY) ?? undefined);

/** `crypto.randomUUID` is missing on a page without https, such as that of a laptop in a classroom. */
export function randomUUID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) % 16) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) % 64) | 0x80], 8);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
