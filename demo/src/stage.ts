import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';

/** So long, a reader takes in what has just been printed. */
const PAUSE_MS = 650;

/** Where the demo is seen. There is colour only where the output is a terminal that wants it. */
export interface Stage {
  /** Ends the play early. */
  signal: AbortSignal;
  /** Pauses, and says what happens next. */
  act: (text: string) => Promise<void>;
  /** What has come of it. */
  note: (text: string) => void;
  /** What the host hears at this moment. */
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
