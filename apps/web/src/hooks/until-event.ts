const UNTIL_EVENT_MS = 500;

/**
 * Keeps a mutation pending until the live event of the change has probably come, so that its optimistic
 * state does not flicker: the event follows the response.
 */
export function untilEvent(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, UNTIL_EVENT_MS));
}
