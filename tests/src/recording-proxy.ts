import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

/** A way to the API that remembers what was asked for: the URLs, as a proxy would log them. */
export interface RecordingProxy extends AsyncDisposable {
  url: string;
  urls: string[];
}

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const urls: string[] = [];
  const server = createServer((request, response) => {
    const { url = '/', method, headers } = request;
    urls.push(url);
    const upstream = send(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    urls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
