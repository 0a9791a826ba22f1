import type { SessionEvent } from '@classroom/schema';
import { getTRPCErrorFromUnknown, tracked, type TrackedEnvelope } from '@trpc/server';
import type { NumberedEvent } from '../live/to-events.ts';
import { withReason } from './errors.ts';

/**
 * Puts numbered events into tRPC's terms: an id by which its client goes on, and for what goes wrong
 * on the way an error with a reason, which the base procedure cannot give to a stream.
 */
export async function* toTracked(
  events: AsyncIterable<NumberedEvent>,
): AsyncGenerator<TrackedEnvelope<SessionEvent>, void> {
  try {
    for await (const { number, event } of events) yield tracked(String(number), event);
  } catch (error) {
    throw withReason(getTRPCErrorFromUnknown(error));
  }
}
