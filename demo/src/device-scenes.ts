import type { Client } from '@classroom/client';
import { type Lesson, untilQuestion } from './lesson.ts';
import type { Questions, Students } from './scenes.ts';
import { count } from './to-line.ts';

/** A projector shows the questions with the rights of a viewer. */
export async function project(lesson: Lesson): Promise<void> {
  const { stage, code } = lesson;
  await stage.act('She connects the projector.');
  const projector = await pair(lesson, 'viewer');
  const { items } = await projector.questions.list.query({ code });
  const { items: participants } = await projector.sessions.participants.query({ code });
  stage.note(
    `It shows ${count(items.length, 'question')}; ${participants.length} participants are in the session.`,
  );
}

/** A co-host approves questions with the rights of a moderator. */
export async function approve(lesson: Lesson, { eve }: Students): Promise<void> {
  const { stage, host, code, subscription } = lesson;
  await stage.act('She lets Mr Hilbert approve new questions.');
  await host.sessions.configure.mutate({ code, moderated: true });
  await subscription.until((event) => event.type === 'session' && event.session.moderated);
  const coHost = await pair(lesson, 'moderator');

  await stage.act('Eve asks.');
  const { id: questionId } = await eve.client.questions.submit.mutate({
    code,
    body: 'And a sphere?',
    idempotencyKey: crypto.randomUUID(),
  });
  await untilQuestion(lesson, ({ id, status }) => id === questionId && status === 'waiting');

  await stage.act('Mr Hilbert approves the question.');
  await coHost.questions.setStatus.mutate({ questionId, status: 'pending' });
  await untilQuestion(lesson, ({ id, status }) => id === questionId && status === 'pending');
}

/** The host returns on another device with the host key. */
export async function comeBack(
  lesson: Lesson,
  hostKey: string,
  { circle }: Questions,
): Promise<void> {
  const { stage, as, code } = lesson;
  await stage.act('Her tab is lost. She comes back with her host key.');
  const { items } = await as(hostKey).hosts.sessions.query({});
  stage.note(`The key owns ${items.map(({ title }) => title).join(', ')}.`);
  const { hostToken } = await as(hostKey).hosts.enter.mutate({ code });

  await stage.act('She answers Ben.');
  await as(hostToken).questions.setStatus.mutate({ questionId: circle, status: 'answered' });
  await untilQuestion(lesson, ({ id, status }) => id === circle && status === 'answered');
}

/** Pairs another device, and returns its client. */
async function pair(
  { stage, as, host, code }: Lesson,
  role: 'moderator' | 'viewer',
): Promise<Client> {
  const { pairingCode } = await host.sessions.createPairingCode.mutate({ code, role });
  stage.note(`The pairing code is ${pairingCode}; it works once.`);
  const { token } = await as().sessions.redeemPairingCode.mutate({ code, pairingCode });
  return as(token);
}
