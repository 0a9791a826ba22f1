import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { fieldOf } from './errors.ts';
import type { PublicRouter } from './public-router.ts';

/** Follows the caller's own votes. */
export interface VoteListener {
  onSend: (questionId: number) => void;
  onResponse: (questionId: number, vote: { voted: boolean; votes: number }) => void;
}

/** The listeners of each client; live sessions add theirs. */
export const voteListeners = new WeakMap<object, Set<VoteListener>>();

/**
 * Reports the votes of the caller and their counts. Sends votes for one question one after another, because
 * concurrent calls may be executed in any order: a double click could end with either vote.
 */
export function reportVotes(listeners: ReadonlySet<VoteListener>): TRPCLink<PublicRouter> {
  return () => {
    const lastVotes = new Map<number, Promise<void>>();
    return ({ op, next }) => {
      const questionId = op.path === 'questions.vote' ? fieldOf(op.input, 'questionId') : undefined;
      if (typeof questionId !== 'number') return next(op);
      return observable((observer) => {
        let isCancelled = false;
        let cancel = () => {};
        const send = (resolve: () => void) => {
          const settle = () => {
            if (lastVotes.get(questionId) === vote) lastVotes.delete(questionId);
            resolve();
          };
          if (isCancelled) return settle();
          for (const { onSend } of listeners) onSend(questionId);
          const call = next(op).subscribe({
            next(envelope) {
              const question = fieldOf(envelope.result, 'data');
              const voted = fieldOf(question, 'voted');
              const votes = fieldOf(question, 'votes');
              if (typeof voted === 'boolean' && typeof votes === 'number') {
                for (const { onResponse } of listeners) onResponse(questionId, { voted, votes });
              }
              observer.next(envelope);
            },
            error(error) {
              observer.error(error);
              settle();
            },
            complete() {
              observer.complete();
              settle();
            },
          });
          cancel = () => {
            call.unsubscribe();
            settle();
          };
        };
        const before = lastVotes.get(questionId) ?? Promise.resolve();
        const vote = before.then(() => new Promise<void>(send));
        lastVotes.set(questionId, vote);
        return () => {
          isCancelled = true;
          cancel();
        };
      });
    };
  };
}
