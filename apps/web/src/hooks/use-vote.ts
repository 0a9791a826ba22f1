import type { Question } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { untilEvent } from './until-event.ts';
import { useSession } from '../session.tsx';

/** Shows a vote at once, and takes it back if the server refuses it. */
export function useVote(question: Question) {
  const { trpc } = useSession();
  const vote = useMutation(
    trpc.questions.vote.mutationOptions({
      onMutate: ({ on }) => ({ before: question.votes, by: Number(on) - Number(question.voted) }),
      onSuccess: untilEvent,
    }),
  );
  const voted = vote.isPending ? vote.variables.on : question.voted;
  const isCounted = !vote.isPending || question.votes !== vote.context?.before;
  return {
    voted,
    votes: question.votes + (isCounted ? 0 : (vote.context?.by ?? 0)),
    toggle: () => vote.mutate({ questionId: question.id, on: !voted }),
    error: vote.error,
  };
}
