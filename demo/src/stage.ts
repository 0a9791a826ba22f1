import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';

/** Time to read the last line. */
const PAUSE_MS = 650;

/** Prints the demo, in colour when the output is a terminal that supports it. */
export interface Stage {
  /** Aborts when the demo is interrupted. */
  signal: AbortSignal;
  /** Pauses, and prints the next action. */
  act: (text: string) => Promise<void>;
  /** Prints the result of the action. */
  note: (text: string) => void;
  /** Prints an event that the host has received. */
  live: (text: string) => void;
}

export function createStage(signal: AbortSignal): Stage {
  return {
    signal,
    async act(text) {
      await sleep(PAUSE_MS, undefined, { signal });
      console.log(styleText('bold', text));
    },
    note: (text) => console.log(`  ${text}`),
    live: (text) => console.log(styleText('cyan', `  live: ${text}`)),
  };
}
