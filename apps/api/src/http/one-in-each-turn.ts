/** Of so many turns in which a connection was accepted, one begins a request as well. */
const TURNS_PER_REQUEST = 4;

export interface Turns<Args extends unknown[]> {
  begin: (...args: Args) => void;
  /** How many have not begun. */
  waiting: () => number;
}

/**
 * Begins one in each turn of the event loop, in order, and fewer while connections come in. Node accepts
 * one connection in each turn, however many wait: when a turn begins all the requests that have come, it
 * takes so long that who is new waits for seconds.
 *
 * @param accepted how many connections there have been so far
 */
export function oneInEachTurn<Args extends unknown[]>(
  run: (...args: Args) => void,
  accepted: () => number,
): Turns<Args> {
  const queue: Args[] = [];
  let isIdle = true;
  let seen = 0;
  let passed = 0;
  const beginNext = () => {
    const isAccepting = accepted() !== seen;
    seen = accepted();
    passed = isAccepting ? passed + 1 : TURNS_PER_REQUEST;
    const next = passed < TURNS_PER_REQUEST ? undefined : queue.shift();
    isIdle = next === undefined && queue.length === 0;
    if (!isIdle) setImmediate(beginNext);
    if (next === undefined) return;
    passed = 0;
    run(...next);
  };
  return {
    begin(...args) {
      if (!isIdle) {
        queue.push(args);
        return;
      }
      // At once, for who closes its side after asking would get no answer in another turn.
      isIdle = false;
      setImmediate(beginNext);
      run(...args);
    },
    waiting: () => queue.length,
  };
}
