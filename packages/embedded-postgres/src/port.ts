import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Cluster } from './cluster.ts';

/**
 * The port of the server's last start, when it is free: other processes may still wait for the server
 * there. Any free port otherwise.
 */
export async function choosePort(cluster: Cluster): Promise<number> {
  // PostgreSQL keeps the command line of its last start in this file.
  const options = await readFile(path.join(cluster.data, 'postmaster.opts'), 'utf8').catch(
    () => '',
  );
  const last = Number(/\bport=(\d+)/.exec(options)?.[1] ?? 0);
  return await probe(last).catch(() => probe(0));
}

async function probe(port: number): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no free port')),
      );
    });
  });
}
