import { useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { createClassroom, refusalReason } from '../../testing/classroom.ts';
import { setQuestionStatus } from './moderate.ts';
import { withdrawQuestion } from './withdraw.ts';

const { db } = await useTestDatabase();
const deps = { db, notifyChanged: () => {} };

test.each(['answered', 'hidden'] as const)(
  'reopening an %s question of an author with three pending ones succeeds, anonymous or not',
  async (closed) => {
    const { submit, host, tokens } = await createClassroom(deps);
    const [author = host] = tokens;
    const questions = [];
    for (const anonymous of [true, false]) {
      const question = await submit(author, { anonymous });
      await setQuestionStatus(deps, { questionId: question.id, status: closed }, host);
      questions.push(question);
    }
    for (let n = 0; n < 3; n += 1) await submit(author);
    expect(await refusalReason(submit(author))).toBe('QUESTION_LIMIT');

    for (const question of questions) {
      const reopen = { questionId: question.id, status: 'pending' } as const;
      expect(await setQuestionStatus(deps, reopen, host)).toEqual({ ...question, mine: false });
    }
    // Reopened questions neither take nor free a slot of the author.
    expect(await refusalReason(submit(author))).toBe('QUESTION_LIMIT');
    for (const { id: questionId } of questions)
      await withdrawQuestion(deps, { questionId }, author);
    expect(await refusalReason(submit(author))).toBe('QUESTION_LIMIT');
  },
);
