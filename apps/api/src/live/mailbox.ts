/** How many messages may wait for a listener who does not read. */
const BOUND = 256;

/** What waits for one listener, in order. */
export interface Mailbox<Message> extends AsyncIterable<Message> {
  /** Closes it when there is too much in it: a listener who does not read comes back later and goes on. */
  put: (message: Message) => void;
  /** Nothing comes after what is in it. */
  close: () => void;
}

/** A mailbox for one reader. It closes, emptied, when `signal` says so. */
export function createMailbox<Message>(signal: AbortSignal): Mailbox<Message> {
  let waiting: Message[] = [];
  let closed = signal.aborted;
  let wake = Promise.withResolvers<void>();

  const drop = () => {
    waiting = [];
    close();
  };
  const close = () => {
    closed = true;
    signal.removeEventListener('abort', drop);
    wake.resolve();
  };
  signal.addEventListener('abort', drop);

  return {
    put(message) {
      if (closed) return;
      if (waiting.length >= BOUND) return drop();
      waiting.push(message);
      wake.resolve();
    },
    close,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const [message] = waiting;
          if (message !== undefined) {
            waiting.shift();
            yield message;
          } else if (closed) {
            return;
          } else {
            await wake.promise;
            wake = Promise.withResolvers();
          }
        }
      } finally {
        drop();
      }
    },
  };
}
