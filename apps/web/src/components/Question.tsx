import type { Question as QuestionData } from '@classroom/client';
import { type ReactNode, useId } from 'react';
import { t } from '../texts/index.ts';

interface QuestionProps {
  question: QuestionData;
  /** Beside the text, which describes it. */
  aside: (bodyId: string) => ReactNode;
  /** Below the text, which describes them. */
  actions?: (bodyId: string) => ReactNode;
}

export function Question({ question, aside, actions }: QuestionProps) {
  const { status, pinned, mine, body } = question;
  const id = useId();
  return (
    <li className={`question ${status}${pinned ? ' pinned' : ''}${mine ? ' mine' : ''}`}>
      <div className="text">
        <Badges question={question} />
        <p id={id} className="body" dir="auto">
          {body}
        </p>
        <p className="author">
          <Author question={question} />
        </p>
        {actions !== undefined && <div className="actions">{actions(id)}</div>}
      </div>
      {aside(id)}
    </li>
  );
}

function Badges({ question: { status, pinned } }: { question: QuestionData }) {
  if (status === 'pending' && !pinned) return null;
  return (
    <p className="badges">
      {pinned && <span className="badge pinned">{t.questions.pinned}</span>}
      {status !== 'pending' && <span className={`badge ${status}`}>{t.questions[status]}</span>}
    </p>
  );
}

function Author({ question: { author, mine } }: { question: QuestionData }) {
  const name = author?.displayName ?? t.questions.anonymous;
  return (
    <>
      <bdi>{name}</bdi>
      {mine && ` (${t.questions.you})`}
      {author?.role === 'host' && <span className="badge staff">{t.questions.host}</span>}
      {author?.role === 'moderator' && <span className="badge staff">{t.questions.moderator}</span>}
    </>
  );
}
