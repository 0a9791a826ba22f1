import { useRef } from 'react';
import { useFlip } from '../hooks/use-flip.ts';
import { useNews } from '../hooks/use-news.ts';
import { byStatus } from '../questions.ts';
import { useLive } from '../session.tsx';
import { t } from '../texts/index.ts';
import { CockpitQuestion } from './CockpitQuestion.tsx';

export function CockpitQuestions({ isOpen }: { isOpen: boolean }) {
  const { questions } = useLive();
  const list = useRef<HTMLUListElement>(null);
  const news = useNews(questions);
  useFlip(list);
  return (
    <section>
      <h2>{t.questions.heading}</h2>
      <p role="status" className="visually-hidden">
        {news}
      </p>
      {questions.length === 0 && (
        <p className="none">{isOpen ? t.cockpit.noQuestions : t.questions.none}</p>
      )}
      {/* One list for all statuses: a question that moves keeps its buttons, and they the focus. */}
      <ul ref={list} className="questions">
        {byStatus(questions).map((question) => (
          <CockpitQuestion key={question.id} question={question} isOpen={isOpen} />
        ))}
      </ul>
    </section>
  );
}
