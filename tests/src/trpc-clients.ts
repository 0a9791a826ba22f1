import { readFile } from 'node:fs/promises';
import { errorReason, type ErrorReason } from '@classroom/schema';
import * as newest from '@trpc/client';
import { EventSource, type FetchLike } from 'eventsource';
import * as client11_0 from 'trpc-client-11-0';
import * as client11_8 from 'trpc-client-11-8';
import { z } from 'zod';
import { fetchServed, untilAvailable } from './client.ts';

/** The links for queries and mutations. `retryLink` precedes `httpLink`. */
export const CALL_LINKS = [
  'httpLink',
  'httpBatchLink',
  'httpBatchStreamLink',
  'retryLink',
] as const;
export const LINKS = [...CALL_LINKS, 'httpSubscriptionLink'] as const;
export type LinkName = (typeof LINKS)[number];

/** The versions differ in the types of a body; a call has text or none. */
interface FetchInit extends Pick<RequestInit, 'headers' | 'method'> {
  body?: unknown;
  signal?: AbortSignal | null | undefined;
}
type Fetch = (input: Parameters<typeof fetch>[0], init?: FetchInit) => Promise<Response>;

interface CallLinkOptions {
  url: string;
  headers: Record<string, string>;
  fetch: Fetch;
  maxItems?: number;
}

interface Observer {
  onStarted: () => void;
  onData: (event: unknown) => void;
  onComplete: () => void;
  onError: (error: unknown) => void;
}

/** A client without the type of a router, which fits one version of the server package only. */
export interface UntypedClient {
  query: (path: string, input: unknown) => Promise<unknown>;
  mutation: (path: string, input: unknown) => Promise<unknown>;
  subscription: (path: string, input: unknown, observer: Observer) => { unsubscribe: () => void };
}

/** The exports that all versions of `@trpc/client` share, with links of the version's own type. */
interface ClientModule<Link> {
  createTRPCUntypedClient: (options: { links: Link[] }) => UntypedClient;
  httpLink: (options: CallLinkOptions) => Link;
  httpBatchLink: (options: CallLinkOptions) => Link;
  httpBatchStreamLink: (options: CallLinkOptions) => Link;
  retryLink: (options: {
    retry: (failed: { attempts: number; error: unknown }) => boolean;
  }) => Link;
  httpSubscriptionLink: (options: {
    url: string;
    EventSource: typeof EventSource;
    eventSourceOptions: () => { fetch: FetchLike };
  }) => Link;
}

interface ConnectOptions {
  /** The URL of the API, with `/trpc`. */
  url: string;
  link: LinkName;
  token?: string;
  /** Batch links alone use it. */
  maxItems?: number;
}

/** A response as the client received its head. */
export interface ResponseHead {
  status: number;
  /** Whether the server sent the body without knowing its length. */
  isChunked: boolean;
}

export interface ConnectedClient extends UntypedClient {
  /** The responses so far, without those of a busy server. */
  responses: ResponseHead[];
}

type Connect = (options: ConnectOptions) => ConnectedClient;

function connectWith<Link>(version: ClientModule<Link>): Connect {
  return ({ url, link, token, maxItems }) => {
    const responses: ResponseHead[] = [];
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'x-trpc-source': 'tests', ...authorization };
    const fetchRecorded: Fetch = async (input, { body, signal, ...init } = {}) => {
      const text = typeof body === 'string' ? body : null;
      const response = await fetchServed(input, { ...init, body: text, signal: signal ?? null });
      responses.push({
        status: response.status,
        isChunked: !response.headers.has('content-length'),
      });
      return response;
    };
    const options = { url, headers, fetch: fetchRecorded, ...(maxItems && { maxItems }) };
    const links = {
      httpLink: () => [version.httpLink(options)],
      httpBatchLink: () => [version.httpBatchLink(options)],
      httpBatchStreamLink: () => [version.httpBatchStreamLink(options)],
      retryLink: () => [
        // `served` repeats refused calls, so this link sees network errors only.
        version.retryLink({
          retry: ({ attempts, error }) => attempts <= 3 && reasonIn(error) === undefined,
        }),
        version.httpLink(options),
      ],
      httpSubscriptionLink: () => [
        version.httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: () => ({
            fetch: (input, init) =>
              fetchServed(input, { ...init, headers: { ...init.headers, ...headers } }),
          }),
        }),
      ],
    };
    return Object.assign(version.createTRPCUntypedClient({ links: links[link]() }), { responses });
  };
}

const manifest = z.object({ version: z.string() });

/** Reads the version of an installed package. */
async function versionOf(name: string): Promise<string> {
  const file = new URL(import.meta.resolve(`${name}/package.json`));
  return manifest.parse(JSON.parse(await readFile(file, 'utf8'))).version;
}

/** Clients by the version of their package. */
export const CLIENTS = new Map<string, Connect>([
  [await versionOf('trpc-client-11-0'), connectWith(client11_0)],
  [await versionOf('trpc-client-11-8'), connectWith(client11_8)],
  [await versionOf('@trpc/client'), connectWith(newest)],
]);

const refusal = z.object({ data: z.object({ reason: errorReason }) });

/** Returns the reason of a refusal by the shape of the error, whose class differs per version. */
export const reasonIn = (error: unknown): ErrorReason | undefined =>
  refusal.safeParse(error).data?.data.reason;

/** Repeats calls until a busy server accepts them. */
export const served = <Result>(call: () => Promise<Result>): Promise<Result> =>
  untilAvailable(call, reasonIn);
