import type { Question } from '@classroom/client';
import { useVote } from '../hooks/use-vote.ts';
import { t } from '../texts/index.ts';
import { Button } from './Button.tsx';
import { Failure } from './Failure.tsx';

export function VoteButton({ question, describedBy }: { question: Question; describedBy: string }) {
  const { voted, votes, toggle, error } = useVote(question);
  return (
    <div className="vote">
      <Button aria-pressed={voted} aria-describedby={describedBy} onClick={toggle}>
        <span className="arrow" aria-hidden="true" />
        <span className="count" aria-hidden="true">
          {votes}
        </span>
        {t.questions.vote}
      </Button>
      <span className="visually-hidden">{t.questions.votes(votes)}</span>
      <Failure error={error} />
    </div>
  );
}

export function VoteCount({ votes }: { votes: number }) {
  return (
    <div className="vote">
      <span className="count" aria-hidden="true">
        {votes}
      </span>
      <span className="visually-hidden">{t.questions.votes(votes)}</span>
    </div>
  );
}
