import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, reasonOf } from '@classroom/client';
import { type Lesson, subscribe } from './lesson.ts';
import { approve, comeBack, project } from './device-scenes.ts';
import { arrive, ask, close, moderate, vote } from './scenes.ts';
import type { Stage } from './stage.ts';
import { toLine } from './to-line.ts';

/**
 * Plays a lesson through the typed client. Each scene waits until the host has received the events of
 * the one before, so that the output has the same order every time.
 *
 * @param url `http://host:port` of the API
 */
export async function play(stage: Stage, url: string): Promise<void> {
  const as: Lesson['as'] = (token) => createClient({ url: `${url}/trpc`, token });
  console.log(`Playing at ${url}\n`);

  await stage.act('Ms Noether opens a session with a host key.');
  // Nobody who uses her name can take the slots of her key.
  const { hostKey } = await as().hosts.createKey.mutate({});
  const { code, hostToken } = await as(hostKey).sessions.create.mutate({
    title: 'Symmetry',
    hostDisplayName: 'Ms Noether',
  });
  const host = as(hostToken);
  await using _ = { [Symbol.asyncDispose]: () => end(host, code) };
  stage.note(`The code to join is ${code}.`);

  using subscription = subscribe(host, code, stage.signal, (event) => stage.live(toLine(event)));
  await subscription.until(({ type }) => type === 'presence');

  const lesson: Lesson = { stage, as, code, host, subscription };
  const students = await arrive(lesson);
  const questions = await ask(lesson, students);
  await project(lesson);
  await vote(lesson, students, questions);
  await moderate(lesson, students, questions);
  await approve(lesson, students);
  await comeBack(lesson, hostKey, questions);
  await close(lesson);
}

const END_ATTEMPTS = 3;
const RETRY_AFTER_MS = 1_000;

/** Tries again while a busy server refuses the call, as it has perhaps refused the one that ended the demo. */
async function end(host: Lesson['host'], code: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await host.sessions.end.mutate({ code });
      return;
    } catch (error) {
      if (reasonOf(error) !== 'UNAVAILABLE' || attempt === END_ATTEMPTS) return;
      await sleep(RETRY_AFTER_MS);
    }
  }
}
