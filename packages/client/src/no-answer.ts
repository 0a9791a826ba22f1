import type { httpBatchLink } from '@trpc/client';

type Fetch = NonNullable<Parameters<typeof httpBatchLink>[0]['fetch']>;

/** The request was sent, or could not be, and no server of ours answered. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** What a proxy answers when the server behind it does not. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

/** The whole of an answer: one that breaks off is none. */
async function fetchWhole(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  return new Response(await response.text(), response);
}

/** `fetch`, which tells a server that does not answer from a defect by the class of the error. */
export const fetchOrNoAnswer: Fetch = async (input, init) => {
  const { signal, ...rest } = init ?? {};
  const response = await fetchWhole(input, { ...rest, signal: signal ?? null }).catch(
    (cause: unknown) => {
      if (signal?.aborted === true) throw cause;
      throw new NoAnswerError('The server does not answer', { cause });
    },
  );
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  if (GATEWAY_STATUSES.has(response.status) && !isJson) {
    throw new NoAnswerError(`A proxy answers with ${response.status}`);
  }
  return response;
};
