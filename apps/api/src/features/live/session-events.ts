import type { SessionEvent } from '@classroom/schema';
import { type TrackedEnvelope, getTRPCErrorFromUnknown, tracked } from '@trpc/server';
import { withReason } from '../../trpc/errors.ts';
import type { SequencedEvent } from './presenter.ts';
import type { Subscribe } from './feed.ts';

/**
 * The events of a session as an async iterable, which tRPC requires of a subscription. The HTTP server
 * uses `source` instead, to serialise each event once for all responses (http/sse.ts).
 */
export class SessionEvents implements AsyncIterable<TrackedEnvelope<SessionEvent>> {
  /** Not named `subscribe`: tRPC would treat the object as an observable. */
  readonly source: Subscribe;

  constructor(source: Subscribe) {
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrackedEnvelope<SessionEvent>, void> {
    try {
      for await (const item of toStream(this.source)) {
        if ('reason' in item) throw item.reason;
        yield tracked(String(item.sequence), item.event);
      }
    } catch (error) {
      throw withReason(getTRPCErrorFromUnknown(error));
    }
  }
}

function toStream(subscribe: Subscribe): ReadableStream<SequencedEvent | { reason: unknown }> {
  let unsubscribe = () => {};
  return new ReadableStream({
    start(controller) {
      unsubscribe = subscribe({
        push(events) {
          for (const event of events) controller.enqueue(event);
        },
        end(reason) {
          if (reason !== undefined) controller.enqueue({ reason });
          controller.close();
        },
      });
    },
    cancel: () => unsubscribe(),
  });
}
