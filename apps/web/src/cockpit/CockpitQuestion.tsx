import type { Question as QuestionData } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { Question } from '../components/Question.tsx';
import { VoteCount } from '../components/VoteButton.tsx';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';
import { MuteButton } from './MuteButton.tsx';

type Settable = Exclude<QuestionData['status'], 'waiting'>;

/** The action of the first button, by status. */
const NEXT: Record<QuestionData['status'], { label: string; status: Settable }> = {
  waiting: { label: t.cockpit.approve, status: 'pending' },
  pending: { label: t.cockpit.answer, status: 'answered' },
  answered: { label: t.cockpit.reopen, status: 'pending' },
  hidden: { label: t.cockpit.show, status: 'pending' },
};

interface CockpitQuestionProps {
  question: QuestionData;
  isOpen: boolean;
}

export function CockpitQuestion({ question, isOpen }: CockpitQuestionProps) {
  return (
    <Question
      question={question}
      aside={() => <VoteCount votes={question.votes} />}
      {...(isOpen && {
        actions: (bodyId: string) => <Actions question={question} bodyId={bodyId} />,
      })}
    />
  );
}

function Actions({ question, bodyId }: { question: QuestionData; bodyId: string }) {
  const { id: questionId, status, pinned } = question;
  const { trpc } = useSession();
  const setStatus = useMutation(trpc.questions.setStatus.mutationOptions());
  const pin = useMutation(trpc.questions.pin.mutationOptions());
  const first = useRef<HTMLButtonElement>(null);
  const hide = () => {
    // The button goes away: the focus stays with the question.
    const onSuccess = () => first.current?.focus();
    setStatus.mutate({ questionId, status: 'hidden' }, { onSuccess });
  };
  return (
    <>
      <Button
        ref={first}
        className={status === 'waiting' || status === 'pending' ? 'small filled' : 'small'}
        aria-describedby={bodyId}
        isBusy={setStatus.isPending}
        onClick={() => setStatus.mutate({ questionId, status: NEXT[status].status })}
      >
        {NEXT[status].label}
      </Button>
      {status !== 'hidden' && (
        <Button
          className="small"
          aria-describedby={bodyId}
          isBusy={setStatus.isPending}
          onClick={hide}
        >
          {t.cockpit.hide}
        </Button>
      )}
      <Button
        className="small"
        aria-describedby={bodyId}
        isBusy={pin.isPending}
        onClick={() => pin.mutate({ questionId, on: !pinned })}
      >
        {pinned ? t.cockpit.unpin : t.cockpit.pin}
      </Button>
      <MuteButton questionId={questionId} describedBy={bodyId} />
      <Failure error={setStatus.error ?? pin.error} />
    </>
  );
}
