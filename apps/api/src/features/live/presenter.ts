import { type SessionChanges, hasRole } from '@classroom/db';
import type { ParticipantRole, PublicQuestion, Question, SessionEvent } from '@classroom/schema';
import { toPublicQuestion, toSessionSummary } from '../../presenters.ts';

/** An event with the sequence number of its change, from which a subscriber can resume. */
export interface SequencedEvent {
  sequence: number;
  event: SessionEvent;
}

type ChangedQuestion = SessionChanges['questions'][number];

/** The participant that events are for. */
export interface Viewer {
  role: ParticipantRole;
  /** Undefined for all participants of the role except the authors of the changed questions. */
  participantId?: number;
}

/**
 * Returns the changes after a sequence number that the viewer may see, as events in sequence order.
 * Always includes the end of a session, as the last event, because an expiry has no sequence number.
 */
export function toEvents(changes: SessionChanges, after: number, viewer: Viewer): SequencedEvent[] {
  const events = changes.questions
    .filter((question) => question.change_number > after)
    .map((question) => ({
      sequence: question.change_number,
      event: toQuestionEvent(question, viewer),
    }));
  const isEnded = changes.status === 'ended';
  const sequence = isEnded ? changes.change_number : changes.status_change_number;
  if (isEnded || sequence > after) {
    events.push({ sequence, event: { type: 'session', session: toSessionSummary(changes) } });
  }
  return events.toSorted((a, b) => a.sequence - b.sequence);
}

/**
 * Replaces the events of the viewer's own questions, in which `mine` is true.
 *
 * @param shared the events for all participants of the viewer's role
 * @param own the changed questions of the viewer
 */
export function withOwnQuestions(
  shared: SequencedEvent[],
  own: readonly ChangedQuestion[] | undefined,
  viewer: Viewer,
): SequencedEvent[] {
  if (own === undefined) return shared;
  const bySequence = new Map(own.map((question) => [question.change_number, question]));
  return shared.map((event) => {
    const question = bySequence.get(event.sequence);
    if (question === undefined || event.event.type === 'session') return event;
    return { sequence: event.sequence, event: toQuestionEvent(question, viewer) };
  });
}

/** Returns the state of a session that the viewer may see, as one event. */
export function toSnapshot(changes: SessionChanges, viewer: Viewer): SequencedEvent {
  const questions = changes.questions.flatMap((changed): Question[] => {
    const question = visibleTo(changed, viewer);
    return question ? [{ ...question, voted: changed.voted }] : [];
  });
  const session = toSessionSummary(changes);
  return { sequence: changes.change_number, event: { type: 'snapshot', session, questions } };
}

function toQuestionEvent(changed: ChangedQuestion, viewer: Viewer): SessionEvent {
  const question = visibleTo(changed, viewer);
  if (question === undefined) return { type: 'questionRemoved', questionId: changed.id };
  return { type: 'question', question };
}

function visibleTo(
  changed: ChangedQuestion,
  { role, participantId }: Viewer,
): PublicQuestion | undefined {
  if (changed.status === 'hidden' && !hasRole(role, 'moderator')) return undefined;
  return toPublicQuestion(changed, participantId);
}
