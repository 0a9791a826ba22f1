import { type Lesson, untilQuestion } from '../lesson.ts';
import type { Questions } from './ask.ts';

/** The host takes up a second device, and acts from there. */
export async function pair(lesson: Lesson, { circle }: Questions): Promise<void> {
  const { stage, as, host, code } = lesson;
  await stage.act('She pairs her phone.');
  const { pairingCode } = await host.sessions.createPairingCode.mutate({ code });
  stage.note(`The pairing code is ${pairingCode}; it works once.`);
  const { hostToken } = await as().sessions.redeemPairingCode.mutate({ code, pairingCode });

  await stage.act('From the phone she answers Ben.');
  await as(hostToken).questions.setStatus.mutate({ questionId: circle, status: 'answered' });
  await untilQuestion(lesson, ({ id, status }) => id === circle && status === 'answered');
}
