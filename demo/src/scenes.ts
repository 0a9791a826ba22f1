import { type Client, reasonOf } from '@classroom/client';
import { type Lesson, untilQuestion } from './lesson.ts';
import { count } from './to-line.ts';

export interface Student {
  /** The id of the participant. */
  id: number;
  client: Client;
}

/** The students of the lesson. */
export type Students = Record<'ben' | 'cleo' | 'dan' | 'eve', Student>;

/** Students join by code and name, and the host starts the session. */
export async function arrive({ stage, as, code, host, subscription }: Lesson): Promise<Students> {
  const join = async (displayName: string): Promise<Student> => {
    const { participant, participantToken } = await as().sessions.join.mutate({
      code,
      displayName,
      idempotencyKey: crypto.randomUUID(),
    });
    return { id: participant.id, client: as(participantToken) };
  };
  await stage.act('Ben, Cleo, Dan and Eve type the code.');
  const [ben, cleo, dan, eve] = await Promise.all([
    join('Ben'),
    join('Cleo'),
    join('Dan'),
    join('Eve'),
  ]);
  const { items } = await ben.client.sessions.participants.query({ code });
  stage.note(`${items.length} participants are in the session.`);

  await stage.act('Ms Noether starts.');
  await host.sessions.start.mutate({ code });
  await subscription.until(({ type }) => type === 'session');
  return { ben, cleo, dan, eve };
}

/** The ids of the questions. */
export type Questions = Record<'circle' | 'exam' | 'joke', number>;

/** Students submit questions, one of them anonymously. */
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
  const circle = await submit(ben, 'How many symmetries does a circle have?');
  await lesson.stage.act('Cleo asks anonymously.');
  const exam = await submit(cleo, 'Will this be in the exam?', true);
  await lesson.stage.act('Dan asks.');
  const joke = await submit(dan, 'When is lunch?');
  return { circle, exam, joke };
}

/** Students vote for a question. */
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
    await untilQuestion(lesson, ({ id, votes: received }) => id === exam && received === votes);
  }
}

/** The host pins, answers and hides questions, and removes a student. */
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

/** The host pairs a second device, and moderates from it. */
export async function pair(lesson: Lesson, { circle }: Questions): Promise<void> {
  const { stage, as, host, code } = lesson;
  await stage.act('She pairs her phone.');
  const { pairingCode } = await host.sessions.createPairingCode.mutate({ code });
  stage.note(`The pairing code is ${pairingCode}; it works once.`);
  const { token } = await as().sessions.redeemPairingCode.mutate({ code, pairingCode });

  await stage.act('From the phone she answers Ben.');
  await as(token).questions.setStatus.mutate({ questionId: circle, status: 'answered' });
  await untilQuestion(lesson, ({ id, status }) => id === circle && status === 'answered');
}

/** The host exports the session and ends it. */
export async function close({ stage, as, host, code, subscription }: Lesson): Promise<void> {
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
  await subscription.until((event) => event.type === 'session' && event.session.status === 'ended');

  await stage.act('A late student types the code.');
  const refusal: unknown = await as()
    .sessions.get.query({ code })
    .catch((error: unknown) => error);
  stage.note(`The code is no longer valid: ${reasonOf(refusal)}`);
}
