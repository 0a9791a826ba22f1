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
export interface Recipient {
  role: ParticipantRole;
  /** Undefined for all participants of the role except the authors of the changed questions. */
  participantId?: number;
}

/**
 * Returns the changes after a sequence number that the recipient may see, as events in sequence order.
 * Always includes the end of a session, as the last event, because an expiry has no sequence number.
 */
export function toEvents(
  changes: SessionChanges,
  after: number,
  recipient: Recipient,
): SequencedEvent[] {
  const events = changes.questions
    .filter((question) => question.change_number > after)
    .flatMap((question) => toQuestionEvent(question, recipient) ?? []);
  const isEnded = changes.status === 'ended';
  const sequence = isEnded ? changes.change_number : changes.status_change_number;
  if (isEnded || sequence > after) {
    events.push({ sequence, event: { type: 'session', session: toSessionSummary(changes) } });
  }
  return events.toSorted((a, b) => a.sequence - b.sequence);
}

/**
 * Replaces the events of the recipient's own questions, in which `mine` is true, and adds those that the
 * others do not receive. The other events stay the same objects, which are serialised once.
 *
 * @param shared the events for all participants of the recipient's role
 * @param own the changed questions of the recipient
 */
export function withOwnQuestions(
  shared: SequencedEvent[],
  own: readonly ChangedQuestion[] | undefined,
  recipient: Recipient,
): SequencedEvent[] {
  if (own === undefined) return shared;
  const ownEvents = own.flatMap((question) => toQuestionEvent(question, recipient) ?? []);
  const ownSequences = new Set(own.map(({ change_number }) => change_number));
  const others = shared.filter(
    ({ sequence, event }) => event.type === 'session' || !ownSequences.has(sequence),
  );
  // The sort is stable: the end of an expired session, which has the last sequence number, stays last.
  return [...ownEvents, ...others].toSorted((a, b) => a.sequence - b.sequence);
}

/** Returns the state of a session that the recipient may see, as one event. */
export function toSnapshot(changes: SessionChanges, recipient: Recipient): SequencedEvent {
  const questions = changes.questions.flatMap((changed): Question[] => {
    const question = visibleTo(changed, recipient);
    return question ? [{ ...question, voted: changed.voted }] : [];
  });
  const session = toSessionSummary(changes);
  return { sequence: changes.change_number, event: { type: 'snapshot', session, questions } };
}

/** Returns undefined for a question that the recipient has never seen. */
function toQuestionEvent(
  changed: ChangedQuestion,
  recipient: Recipient,
): SequencedEvent | undefined {
  const { id, change_number: sequence, published } = changed;
  const question = visibleTo(changed, recipient);
  if (question !== undefined) return { sequence, event: { type: 'question', question } };
  if (!published && !seesWaiting(changed, recipient)) return undefined;
  return { sequence, event: { type: 'questionRemoved', questionId: id } };
}

function visibleTo(changed: ChangedQuestion, recipient: Recipient): PublicQuestion | undefined {
  const { status } = changed;
  if (status === 'hidden' && !hasRole(recipient.role, 'moderator')) return undefined;
  if (status === 'waiting' && !seesWaiting(changed, recipient)) return undefined;
  return toPublicQuestion(changed, recipient.participantId);
}

function seesWaiting({ author_id }: ChangedQuestion, { role, participantId }: Recipient): boolean {
  return author_id === participantId || hasRole(role, 'moderator');
}
