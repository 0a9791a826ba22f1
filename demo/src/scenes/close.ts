import { reasonOf } from '@classroom/client';
import type { Lesson } from '../lesson.ts';
import { count } from '../to-line.ts';

/** The host takes everything along, and ends the session. */
export async function close({ stage, as, host, code, listener }: Lesson): Promise<void> {
  await stage.act('She exports the session.');
  const { participants, questions } = await host.sessions.export.query({ code });
  const votes = questions.reduce((sum, question) => sum + question.votes, 0);
  stage.note(
    [
      count(participants.length, 'participant'),
      count(questions.length, 'question'),
      count(votes, 'vote'),
    ].join(', '),
  );

  await stage.act('She ends it.');
  await host.sessions.end.mutate({ code });
  await listener.until((event) => event.type === 'session' && event.session.status === 'ended');

  await stage.act('A late student types the code.');
  const refusal: unknown = await as()
    .sessions.get.query({ code })
    .catch((error: unknown) => error);
  stage.note(`The code is no longer valid: ${reasonOf(refusal)}`);
}
