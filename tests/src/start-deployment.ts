import { createTestDatabase } from '@classroom/db/testing';
import { type RunningApi, startApi } from './start-api.ts';
import { startNginx } from './start-nginx.ts';

/** What `compose.yaml` describes, without containers. */
export interface Deployment extends AsyncDisposable {
  /** Of the proxy. */
  url: string;
  one: RunningApi;
  other: RunningApi;
}

/** Two processes of the API on a database of their own, with these variables, and nginx before them. */
export async function startDeployment(env: Record<string, string> = {}): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const start = async () =>
    stack.use(await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...env }));
  const one = await start();
  const other = await start();
  const { url } = stack.use(await startNginx([one.url, other.url]));
  const started = stack.move();
  return { url, one, other, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
