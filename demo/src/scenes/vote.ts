import { type Lesson, untilQuestion } from '../lesson.ts';
import type { Students } from './arrive.ts';
import type { Questions } from './ask.ts';

/** Students vote. */
export async function vote(
  lesson: Lesson,
  { ben, dan, eve }: Students,
  { exam }: Questions,
): Promise<void> {
  await lesson.stage.act('Ben, Dan and Eve vote for the exam.');
  let votes = 0;
  for (const { client } of [ben, dan, eve]) {
    const question = await client.questions.vote.mutate({ questionId: exam, on: true });
    votes = question.votes;
    await untilQuestion(lesson, ({ id, votes: heard }) => id === exam && heard === votes);
  }
}
