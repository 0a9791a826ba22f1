import type { Contract } from './contract.ts';

type PublicQuestion = Contract['publicQuestion'];
type Question = Contract['question'];

/**
 * The questions of a live session, from three sources: events, reads (a snapshot or a page of
 * `questions.list`) and the caller's own votes. `now` counts reads. A read sees everything that was
 * received before it started, so events and votes received since its start win.
 */
export interface QuestionList {
  get: (id: number) => Question | undefined;
  /** Pinned first, then by votes, then oldest first. */
  sorted: () => readonly Question[];
  /** @returns the start of a read, which belongs to its questions */
  startRead: () => number;
  /** Replaces all questions by those of a snapshot. */
  replace: (questions: readonly Question[], readAt: number) => void;
  /** Adds a page, without the questions that events have changed since. */
  add: (questions: readonly Question[], readAt: number) => void;
  put: (question: PublicQuestion) => void;
  remove: (id: number) => void;
  /** Starts a vote of the caller. Its response reads the question too. */
  startVote: (id: number) => void;
  setVote: (id: number, vote: { voted: boolean; votes: number }) => void;
  /** Whether an event has shown a question that the caller may have voted for before. */
  hasUnknownVotes: () => boolean;
  forgetUnknownVotes: () => void;
}

export function createQuestionList(): QuestionList {
  let now = 0;
  let replacedAt = 0;
  const questions = new Map<number, Question>();
  /** When events changed or removed a question. */
  const changedAt = new Map<number, number>();
  const votes = new Map<number, { voted: boolean; at: number }>();
  /** When the caller's last vote for a question was sent. */
  const votedAt = new Map<number, number>();
  const unknownVotes = new Set<number>();

  const setVoted = (id: number, voted: boolean, at: number) => {
    votes.set(id, { voted, at });
    unknownVotes.delete(id);
    const question = questions.get(id);
    if (question !== undefined && question.voted !== voted) {
      questions.set(id, { ...question, voted });
    }
  };
  const isUnchangedSince = (id: number, readAt: number) => (changedAt.get(id) ?? -1) < readAt;
  const add = (read: readonly Question[], readAt: number) => {
    for (const question of read) {
      const { id, voted } = question;
      if (isUnchangedSince(id, readAt)) questions.set(id, question);
      const vote = votes.get(id);
      const isOlder = vote === undefined || vote.at < readAt;
      setVoted(id, isOlder ? voted : vote.voted, isOlder ? readAt : vote.at);
    }
  };

  return {
    get: (id) => questions.get(id),
    sorted: () => [...questions.values()].toSorted(compareTop),
    startRead: () => ++now,
    replace(snapshot, readAt) {
      questions.clear();
      changedAt.clear();
      unknownVotes.clear();
      replacedAt = ++now;
      add(snapshot, readAt);
    },
    add(page, readAt) {
      // A page that was requested before the snapshot came may be older than it.
      if (readAt > replacedAt) add(page, readAt);
    },
    put(question) {
      const { id } = question;
      changedAt.set(id, now);
      questions.set(id, { ...question, voted: votes.get(id)?.voted ?? false });
      if (!votes.has(id) && question.votes > 0) unknownVotes.add(id);
    },
    remove(id) {
      changedAt.set(id, now);
      questions.delete(id);
      unknownVotes.delete(id);
    },
    startVote(id) {
      votedAt.set(id, ++now);
    },
    setVote(id, { voted, votes: count }) {
      setVoted(id, voted, now);
      const readAt = votedAt.get(id) ?? 0;
      const question = questions.get(id);
      if (question === undefined || readAt <= replacedAt || !isUnchangedSince(id, readAt)) return;
      if (question.votes !== count) questions.set(id, { ...question, votes: count });
    },
    hasUnknownVotes: () => unknownVotes.size > 0,
    forgetUnknownVotes: () => unknownVotes.clear(),
  };
}

/** The order `top` of `questions.list`. */
function compareTop(a: Question, b: Question): number {
  return Number(b.pinned) - Number(a.pinned) || b.votes - a.votes || a.id - b.id;
}
