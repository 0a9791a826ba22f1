import { reasonOf } from '@classroom/client';
import { type Lesson, untilQuestion } from '../lesson.ts';
import type { Students } from './arrive.ts';
import type { Questions } from './ask.ts';

/** The host pins, answers, hides, and takes somebody out. */
export async function moderate(
  lesson: Lesson,
  { dan }: Students,
  { exam, joke }: Questions,
): Promise<void> {
  const { stage, host, code } = lesson;
  await stage.act('Ms Noether pins the question with the most votes.');
  await host.questions.pin.mutate({ questionId: exam, on: true });
  await untilQuestion(lesson, ({ id, pinned }) => id === exam && pinned);

  await stage.act('She answers it.');
  await host.questions.setStatus.mutate({ questionId: exam, status: 'answered' });
  await untilQuestion(lesson, ({ id, status }) => id === exam && status === 'answered');

  await stage.act('She hides the question about lunch.');
  await host.questions.setStatus.mutate({ questionId: joke, status: 'hidden' });
  await untilQuestion(lesson, ({ id, status }) => id === joke && status === 'hidden');

  await stage.act('She removes Dan.');
  await host.sessions.removeParticipant.mutate({ code, participantId: dan.id });
  await untilQuestion(lesson, ({ id, author }) => id === joke && author === null);
  const refusal: unknown = await dan.client.questions.list
    .query({ code })
    .catch((error: unknown) => error);
  stage.note(`Dan's next call is refused: ${reasonOf(refusal)}`);
}
