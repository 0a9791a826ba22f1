import { expect, test } from 'vitest';
import type { Question } from './index.ts';
import { createQuestionList } from './question-list.ts';

const question = (id: number, changed: Partial<Question> = {}): Question => ({
  id,
  body: 'Why?',
  status: 'pending',
  pinned: false,
  votes: 0,
  voted: false,
  mine: false,
  author: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  answeredAt: null,
  ...changed,
});
const idsOf = (list: ReturnType<typeof createQuestionList>) => list.sorted().map(({ id }) => id);

test('questions are sorted pinned first, then by votes, then oldest first', () => {
  const list = createQuestionList();
  const read = [question(4), question(3), question(2, { votes: 1 }), question(5, { pinned: true })];
  list.replace(read, list.startRead());
  expect(idsOf(list)).toEqual([5, 2, 3, 4]);
});

test('a page does not overwrite questions that events have changed or removed since its request', () => {
  const list = createQuestionList();
  list.replace([question(1), question(2)], list.startRead());
  const readAt = list.startRead();
  list.put(question(1, { votes: 7 }));
  list.remove(2);
  list.add([question(1), question(2), question(3)], readAt);
  expect(list.sorted()).toEqual([question(1, { votes: 7 }), question(3)]);
});

test('a page overwrites questions that events had changed before its request', () => {
  const list = createQuestionList();
  list.put(question(1));
  list.add([question(1, { votes: 7 })], list.startRead());
  expect(list.sorted()).toEqual([question(1, { votes: 7 })]);
});

test('a page that was requested before a snapshot came is ignored', () => {
  const list = createQuestionList();
  const connectedAt = list.startRead();
  const readAt = list.startRead();
  list.replace([], connectedAt);
  list.add([question(1)], readAt);
  expect(list.sorted()).toEqual([]);
});

test('a vote wins over a read that started before its response, and loses to a later one', () => {
  const list = createQuestionList();
  const readAt = list.startRead();
  list.setVote(1, { voted: true, votes: 1 });
  list.replace([question(1)], readAt);
  expect(list.get(1)?.voted).toBe(true);
  list.replace([question(1)], list.startRead());
  expect(list.get(1)?.voted).toBe(false);
});

test('a vote survives events, and the removal and return of its question', () => {
  const list = createQuestionList();
  list.put(question(1));
  list.setVote(1, { voted: true, votes: 1 });
  list.remove(1);
  list.put(question(1, { votes: 1 }));
  expect(list.get(1)).toMatchObject({ votes: 1, voted: true });
  expect(list.hasUnknownVotes()).toBe(false);
});

test('a question that appears with votes needs a read of the own vote', () => {
  const list = createQuestionList();
  list.put(question(1, { votes: 2 }));
  expect(list.hasUnknownVotes()).toBe(true);
  list.add([question(1, { votes: 2, voted: true })], list.startRead());
  expect(list.hasUnknownVotes()).toBe(false);
  expect(list.get(1)?.voted).toBe(true);
});

test('a question that has not changed keeps its identity', () => {
  const list = createQuestionList();
  list.replace([question(1), question(2)], list.startRead());
  const before = list.get(1);
  list.put(question(2, { votes: 1 }));
  list.startVote(1);
  list.setVote(1, { voted: false, votes: 0 });
  expect(list.get(1)).toBe(before);
});

test('the response to a vote sets the number of votes, unless an event or a snapshot came in between', () => {
  const list = createQuestionList();
  list.replace([question(1)], list.startRead());
  const vote = { voted: true, votes: 5 };
  list.startVote(1);
  list.setVote(1, vote);
  expect(list.get(1)).toEqual(question(1, vote));
  list.startVote(1);
  list.put(question(1, { votes: 7 }));
  list.setVote(1, vote);
  expect(list.get(1)).toEqual(question(1, { votes: 7, voted: true }));
  list.startVote(1);
  list.replace([question(1, { votes: 8 })], list.startRead());
  list.setVote(1, vote);
  expect(list.get(1)).toEqual(question(1, { votes: 8, voted: true }));
});
