import type { SessionChanges } from '@classroom/db';
import type { ParticipantRole, PublicQuestion, Question, SessionEvent } from '@classroom/schema';
import { toPublicQuestion } from '../wire/to-public-question.ts';
import { toSessionSummary } from '../wire/to-session-summary.ts';

/** An event with the number of the change that it tells of, by which a listener goes on later. */
export interface NumberedEvent {
  number: number;
  event: SessionEvent;
}

type ChangedQuestion = SessionChanges['questions'][number];

/**
 * What has changed after a number, in the order of the changes, as that role sees it. That a session
 * has ended comes last and in any case: when its time runs out, no change is made.
 */
export function toEvents(
  changes: SessionChanges,
  after: number,
  role: ParticipantRole,
): NumberedEvent[] {
  const events = changes.questions
    .filter((question) => question.change_number > after)
    .map((question) => ({
      number: question.change_number,
      event: toQuestionEvent(question, role),
    }));
  const isEnded = changes.status === 'ended';
  const number = isEnded ? changes.change_number : changes.status_change_number;
  if (isEnded || number > after) {
    events.push({ number, event: { type: 'session', session: toSessionSummary(changes) } });
  }
  return events.toSorted((a, b) => a.number - b.number);
}

/** Everything as it is, as that role sees it. */
export function toSnapshot(changes: SessionChanges, role: ParticipantRole): NumberedEvent {
  const questions = changes.questions.flatMap((changed): Question[] => {
    const question = visibleTo(changed, role);
    return question ? [{ ...question, voted: changed.voted }] : [];
  });
  const session = toSessionSummary(changes);
  return { number: changes.change_number, event: { type: 'snapshot', session, questions } };
}

function toQuestionEvent(changed: ChangedQuestion, role: ParticipantRole): SessionEvent {
  const question = visibleTo(changed, role);
  if (question === undefined) return { type: 'questionRemoved', questionId: changed.id };
  return { type: 'question', question };
}

function visibleTo(changed: ChangedQuestion, role: ParticipantRole): PublicQuestion | undefined {
  return changed.status === 'hidden' && role !== 'host' ? undefined : toPublicQuestion(changed);
}
