import type { Client, PublicQuestion } from '@classroom/client';
import type { Listener } from './listen.ts';
import type { Stage } from './stage.ts';

/** The session that is played, for every scene after the first. */
export interface Lesson {
  stage: Stage;
  /** A client with this token, or with none. */
  as: (token?: string) => Client;
  code: string;
  /** The host's own client. */
  host: Client;
  /** What the host hears, and what is printed as it arrives. */
  listener: Listener;
}

/** Waits until the host has heard that a question is like that. */
export async function untilQuestion(
  { listener }: Lesson,
  isIt: (question: PublicQuestion) => boolean,
): Promise<void> {
  await listener.until((event) => event.type === 'question' && isIt(event.question));
}
