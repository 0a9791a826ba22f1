import { type Client, createClient } from '@classroom/client';

/** A client of the API that is there. */
export const clientOf = ({ url }: { url: string }, token?: string): Client =>
  createClient({ url: new URL('/trpc', url).href, token });
