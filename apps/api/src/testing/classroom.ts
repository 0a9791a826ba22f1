import { insertParticipant, insertSession } from '@classroom/db';
import { newParticipant, newSession } from '@classroom/db/testing';
import type { AppContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { submitQuestion } from '../features/questions/submit.ts';

/** Creates a session with `students` participants; `submit` submits a question to it. */
export async function createClassroom(
  deps: Pick<AppContext, 'db' | 'notifyChanged'>,
  students = 1,
  { moderated = false } = {},
) {
  const session = newSession({ moderated });
  await insertSession(deps.db, session);
  const tokens: Buffer[] = [];
  for (let n = 0; n < students; n += 1) {
    const participant = newParticipant({ code: session.code });
    await insertParticipant(deps.db, participant);
    tokens.push(participant.tokenHash);
  }
  const input = { code: session.code, body: 'Why?', anonymous: false };
  const submit = (token: Buffer, more = {}) => submitQuestion(deps, { ...input, ...more }, token);
  return { session, host: session.tokenHash, tokens, submit };
}

/** Returns the reason of a refused call, or `none`. */
export async function refusalReason(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'none',
    (error: unknown) => (error instanceof DomainError ? error.reason : String(error)),
  );
}
