import { z } from 'zod';
import type { RawRequest } from './raw-http.ts';

const refusal = z.object({ error: z.object({ data: z.object({ reason: z.string() }) }) });

/**
 * Makes a call over a connection of its own, without a client that repeats it.
 *
 * @returns the status, and the reason of a refusal: `200` or `503 UNAVAILABLE`
 */
export async function call(url: string, request: RawRequest): Promise<string> {
  const { method, path, token, body } = request;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      connection: 'close',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { data } = refusal.safeParse(await response.json());
  return data === undefined
    ? String(response.status)
    : `${response.status} ${data.error.data.reason}`;
}
