import type { Question } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { useSession } from '../session.tsx';

/**
 * Shows a vote at once, and takes it back if the server refuses it. The live session has the new number of
 * votes when the mutation ends.
 */
export function useVote(question: Question) {
  const { trpc } = useSession();
  const vote = useMutation(
    trpc.questions.vote.mutationOptions({
      onMutate: ({ on }) => ({ before: question.votes, by: Number(on) - Number(question.voted) }),
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
