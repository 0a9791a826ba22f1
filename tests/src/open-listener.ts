import { openConnection, type RawConnection, streamRequest, toText } from './raw-http.ts';

export interface RawListener extends RawConnection {
  /** Of the answer, once its head has come. */
  status: number;
}

/** Opens a live stream over a connection of its own, and waits for the head of the answer. */
export async function openListener(
  url: string,
  code: string,
  token: string,
  headers?: Record<string, string>,
): Promise<RawListener> {
  const connection = await openConnection(url);
  const request = streamRequest(code, token);
  await connection.write(toText({ ...request, headers: headers ?? request.headers ?? {} }));
  await connection.until('\r\n\r\n');
  const [, status] = connection.received().split(' ', 2);
  return { ...connection, status: Number(status) };
}
