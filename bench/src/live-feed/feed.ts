/** What broadcasts events, the API or its baseline. */
export interface Feed {
  url: string;
  /** Of the process that writes to the listeners. */
  pid: number;
  /** Broadcasts the event of another vote. */
  broadcast: () => Promise<Broadcast>;
  /** How often the database was read for changes so far. */
  databaseReads: () => Promise<number>;
}

export interface Broadcast {
  /** The number of votes that the event carries. */
  votes: number;
  /** When the vote was sent, as `monotonicMs()` tells it. */
  sentAt: number;
  /** When it was acknowledged; for the baseline, when the broadcast began. */
  acknowledgedAt: number;
}
