import { createClient, reasonOf, type RouterInputs, type RouterOutputs } from '@classroom/client';

/** Whether a type is `any`. */
type IsAny<T> = 0 extends T & 1 ? true : false;
type AnyIn<Features> = {
  [Feature in keyof Features]: {
    [Name in keyof Features[Feature]]: IsAny<Features[Feature][Name]>;
  }[keyof Features[Feature]];
}[keyof Features];
export const anyInInputs: AnyIn<RouterInputs> = false;
export const anyInOutputs: AnyIn<RouterOutputs> = false;

/**
 * Plays a lesson with the packed client alone.
 *
 * @param url of the API, `/trpc` included
 * @returns the values that a student observed
 */
export async function playLesson(url: string): Promise<string[]> {
  const anyone = createClient({ url });
  const { code, hostToken } = await anyone.sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: 'Ada',
  });
  const { participant, participantToken } = await anyone.sessions.join.mutate({
    code,
    displayName: 'Ben',
  });
  const observed: string[] = [participant.displayName];

  const host = createClient({ url, token: hostToken });
  // A busy server may refuse it; ending an ended session changes nothing.
  const end = async (): Promise<void> => {
    try {
      await host.sessions.end.mutate({ code });
    } catch (error) {
      if (reasonOf(error) !== 'UNAVAILABLE') throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await end();
    }
  };
  const student = createClient({ url, token: () => participantToken });
  await new Promise<void>((resolve, reject) => {
    student.sessions.events.subscribe(
      { code },
      {
        onData({ data }) {
          if (data.type === 'session') observed.push(data.session.status);
          if (data.type !== 'snapshot') return;
          observed.push(data.session.title);
          end().catch(reject);
        },
        onComplete: resolve,
        onError: reject,
      },
    );
  });

  await anyone.sessions.get
    .query({ code })
    .catch((error: unknown) => observed.push(adviceFor(error)));
  return observed;
}

function adviceFor(error: unknown): string {
  const reason = reasonOf(error);
  switch (reason) {
    case 'SESSION_NOT_FOUND':
    case 'SESSION_ENDED':
    case 'SESSION_FULL':
      return 'gone';
    case 'JOIN_CODE_EXHAUSTED':
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return 'later';
    case 'INVALID_INPUT':
    case 'HOST_SESSION_LIMIT':
    case 'IDEMPOTENCY_KEY_REUSED':
    case 'SESSION_LOCKED':
    case 'NAME_TAKEN':
    case 'PARTICIPANT_NOT_FOUND':
    case 'PAIRING_CODE_INVALID':
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
    case 'MUTED':
    case 'QUESTION_LIMIT':
    case 'QUESTION_NOT_FOUND':
    case 'INTERNAL':
      return reason;
    case undefined:
      throw error;
    default:
      return reason satisfies never;
  }
}
