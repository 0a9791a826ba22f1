import type { PublicQuestion, SessionEvent, SessionSummary } from '@classroom/client';

/** A live event in one line. */
export function toLine(event: SessionEvent): string {
  switch (event.type) {
    case 'snapshot':
      return `the session is a ${event.session.status}, with ${count(event.questions.length, 'question')}`;
    case 'session':
      return `the session is ${toState(event.session)}`;
    case 'question':
      return questionLine(event.question);
    case 'questionRemoved':
      return `#${event.questionId} is gone`;
    case 'presence':
      return `${count(event.listening, 'device')} listening`;
  }
  return event satisfies never;
}

function questionLine({ id, status, pinned, votes, author, body }: PublicQuestion): string {
  const state = [status, ...(pinned ? ['pinned'] : []), count(votes, 'vote')].join(', ');
  return `#${id} ${state} | ${author?.displayName ?? 'somebody'}: ${body}`;
}

function toState({ status, moderated }: SessionSummary): string {
  return status === 'active' && moderated ? 'active and moderated' : status;
}

/** `1 vote`, `2 votes` */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
