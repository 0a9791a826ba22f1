import type { AppRouter } from '@classroom/api/router';
import { fetchOrNoAnswer } from './no-answer.ts';
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';

export interface ClientOptions {
  /** Where the API is, `/trpc` included: `https://host/trpc`. */
  url: string;
  /** The token of a participant, or what gives it at the time of each request. */
  token?: string | (() => string | undefined);
}

export type Client = TRPCClient<AppRouter>;

/** As many calls as the server takes in one request. */
const MAX_BATCH_SIZE = 10;

/**
 * A typed client of the API. Calls made at once travel in one request.
 *
 * @example
 * const client = createClient({ url: 'http://localhost:3000/trpc' });
 * const session = await client.sessions.create.mutate({ title: 'Algebra', hostDisplayName: 'Ada' });
 */
export function createClient({ url, token }: ClientOptions): Client {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url,
        maxItems: MAX_BATCH_SIZE,
        fetch: fetchOrNoAnswer,
        headers: () => {
          const current = typeof token === 'function' ? token() : token;
          return current === undefined ? {} : { authorization: `Bearer ${current}` };
        },
      }),
    ],
  });
}
