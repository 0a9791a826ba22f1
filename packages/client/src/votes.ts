import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { fieldOf } from './errors.ts';
import type { PublicRouter } from './public-router.ts';

/** Receives the caller's own vote from the response to `questions.vote`. */
export type VoteListener = (questionId: number, voted: boolean) => void;

/** The listeners of each client; live sessions add theirs. */
export const voteListeners = new WeakMap<object, Set<VoteListener>>();

/**
 * Reports the votes of the caller. Sends votes for one question one after another, because concurrent calls
 * may be executed in any order: a double click could end with either vote.
 */
export function reportVotes(report: VoteListener): TRPCLink<PublicRouter> {
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
          const call = next(op).subscribe({
            next(envelope) {
              const voted = fieldOf(fieldOf(envelope.result, 'data'), 'voted');
              if (typeof voted === 'boolean') report(questionId, voted);
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
