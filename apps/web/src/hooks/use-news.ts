import type { Question } from '@classroom/client';
import { useEffect, useRef, useState } from 'react';
import { t } from '../texts/index.ts';

/** Returns a sentence for a live region: it names the changes since the last render. */
export function useNews(questions: readonly Question[]): string {
  const known = useRef<ReadonlyMap<number, Question>>(null);
  const [news, setNews] = useState('');
  useEffect(() => {
    const before = known.current;
    known.current = new Map(questions.map((question) => [question.id, question]));
    const next = before === null ? '' : newsOf(before, questions);
    if (next !== '') setNews(next);
  }, [questions]);
  return news;
}

export function newsOf(
  before: ReadonlyMap<number, Question>,
  questions: readonly Question[],
): string {
  const added = questions.filter(({ id, mine }) => !mine && !before.has(id));
  const answered = questions.filter(
    ({ id, status }) => status === 'answered' && (before.get(id)?.status ?? status) !== status,
  );
  const pinned = questions.filter(
    ({ id, pinned: isPinned }) => isPinned && before.get(id)?.pinned === false,
  );
  const [first] = added;
  const sentences = [
    ...answered.map(({ body }) => t.questions.answeredOne(body)),
    ...pinned.map(({ body }) => t.questions.pinnedOne(body)),
  ];
  if (added.length > 1) sentences.push(t.questions.added(added.length));
  else if (first !== undefined) sentences.push(t.questions.addedOne(first.body));
  return sentences.join(' ');
}
