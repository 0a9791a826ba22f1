import type { Question as QuestionData } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { Question } from '../components/Question.tsx';
import { VoteButton, VoteCount } from '../components/VoteButton.tsx';

interface StudentQuestionProps {
  question: QuestionData;
  hasEnded: boolean;
  onWithdrawn: () => void;
}

export function StudentQuestion({ question, hasEnded, onWithdrawn }: StudentQuestionProps) {
  const { trpc } = useSession();
  const withdraw = useMutation(trpc.questions.withdraw.mutationOptions({ onSuccess: onWithdrawn }));
  const canWithdraw = question.mine && !hasEnded;
  return (
    <Question
      question={question}
      aside={(bodyId) =>
        hasEnded ? (
          <VoteCount votes={question.votes} />
        ) : (
          <VoteButton question={question} describedBy={bodyId} />
        )
      }
      {...(canWithdraw && {
        actions: (bodyId: string) => (
          <>
            <Button
              className="small"
              aria-describedby={bodyId}
              isBusy={withdraw.isPending}
              onClick={() => withdraw.mutate({ questionId: question.id })}
            >
              {t.questions.withdraw}
            </Button>
            <Failure error={withdraw.error} />
          </>
        ),
      })}
    />
  );
}
