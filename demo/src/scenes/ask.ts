import { type Lesson, untilQuestion } from '../lesson.ts';
import type { Student, Students } from './arrive.ts';

/** The ids of what is asked. */
export type Questions = Record<'circle' | 'exam' | 'joke', number>;

/** Students ask, one of them under no name. */
export async function ask(lesson: Lesson, { ben, cleo, dan }: Students): Promise<Questions> {
  const submit = async (student: Student, body: string, anonymous = false): Promise<number> => {
    const { id } = await student.client.questions.submit.mutate({
      code: lesson.code,
      body,
      anonymous,
      idempotencyKey: crypto.randomUUID(),
    });
    await untilQuestion(lesson, (question) => question.id === id);
    return id;
  };
  await lesson.stage.act('Ben asks.');
  const circle = await submit(ben, 'How many symmetries has a circle?');
  await lesson.stage.act('Cleo asks anonymously.');
  const exam = await submit(cleo, 'Will this be in the exam?', true);
  await lesson.stage.act('Dan asks.');
  const joke = await submit(dan, 'When is lunch?');
  return { circle, exam, joke };
}
