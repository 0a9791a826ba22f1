import { createClient } from '@classroom/client';
import type { Lesson } from './lesson.ts';
import { listen } from './listen.ts';
import { arrive } from './scenes/arrive.ts';
import { ask } from './scenes/ask.ts';
import { close } from './scenes/close.ts';
import { moderate } from './scenes/moderate.ts';
import { pair } from './scenes/pair.ts';
import { vote } from './scenes/vote.ts';
import type { Stage } from './stage.ts';
import { toLine } from './to-line.ts';

/**
 * Plays a whole lesson through the typed client. Each act waits until the host has heard of the one
 * before, so that the lines come in the same order every time.
 *
 * @param url `http://host:port` of the API
 */
export async function play(stage: Stage, url: string): Promise<void> {
  const as: Lesson['as'] = (token) => createClient({ url: `${url}/trpc`, token });
  console.log(`Playing at ${url}\n`);

  await stage.act('Ms Noether opens a session.');
  const { code, hostToken } = await as().sessions.create.mutate({
    title: 'Symmetry',
    hostDisplayName: 'Ms Noether',
  });
  const host = as(hostToken);
  // Whatever happens, it does not keep one of her three places.
  await using _ = { [Symbol.asyncDispose]: () => end(host, code) };
  stage.note(`The code to join is ${code}.`);

  using listener = listen(host, {
    code,
    signal: stage.signal,
    onEvent: (event) => stage.live(toLine(event)),
  });
  await listener.until(({ type }) => type === 'presence');

  const lesson: Lesson = { stage, as, code, host, listener };
  const students = await arrive(lesson);
  const questions = await ask(lesson, students);
  await vote(lesson, students, questions);
  await moderate(lesson, students, questions);
  await pair(lesson, questions);
  await close(lesson);
}

async function end(host: Lesson['host'], code: string): Promise<void> {
  await host.sessions.end.mutate({ code }).catch(() => {});
}
