import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

const AT_ONCE = 100;

test('what was asked before the server closes is answered, on new connections too', async () => {
  const app = await buildTestApp(await useTestDatabase());
  const { port } = new URL(await app.listen({ port: 0 }));
  const closed = new Promise<void>((resolve, reject) => {
    let asked = 0;
    app.server.on('request', () => {
      asked += 1;
      if (asked === AT_ONCE) void app.close().then(resolve, reject);
    });
  });
  const answers = Array.from({ length: AT_ONCE }, () => {
    const socket = connect(Number(port), '127.0.0.1');
    const path = encodeURI('/trpc/sessions.get?input={"code":"CCCCCC"}');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    return text(socket);
  });
  const statuses = (await Promise.all(answers)).map((answer) => answer.slice(9, 12));
  expect(statuses.filter((status) => status !== '404' && status !== '503')).toEqual([]);
  await closed;
});
