import { createServer, type ServerResponse } from 'node:http';
import { monotonicMs } from './feed.ts';

/** The baseline: writes each message from the parent process to every open response. */
const responses = new Set<ServerResponse>();

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': snapshot\n\n');
  response.on('close', () => responses.delete(response));
  responses.add(response);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.(address.port);
});

process.once('disconnect', () => process.exit());
process.on('message', (event: string) => {
  const startedAt = monotonicMs();
  for (const response of responses) response.write(event);
  process.send?.(startedAt);
});
