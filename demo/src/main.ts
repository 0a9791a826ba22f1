import { reasonOf } from '@classroom/client';
import { findApi } from './api.ts';
import { DemoError } from './lesson.ts';
import { play } from './play.ts';
import { createStage } from './stage.ts';

const stack = new AsyncDisposableStack();
const interruption = new AbortController();
const { signal } = interruption;
const interrupt = () => interruption.abort();
process.once('SIGINT', interrupt).once('SIGTERM', interrupt);

try {
  const url = await findApi(stack, signal);
  await play(createStage(signal), url);
} catch (error) {
  process.exitCode = 1;
  const reason = reasonOf(error);
  if (signal.aborted) process.exitCode = 130;
  else if (error instanceof DemoError) console.error(error.message);
  else if (reason !== undefined) console.error(`The API refused a call: ${reason}`);
  else console.error(error);
}
await stack.disposeAsync();
