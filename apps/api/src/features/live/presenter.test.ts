import type { SessionChanges } from '@classroom/db';
import { expect, test } from 'vitest';
import { toEvents, toSnapshot, withOwnQuestions } from './presenter.ts';

type ChangedQuestion = SessionChanges['questions'][number];

const AUTHOR = 7;

function changed(change_number: number, overrides: Partial<ChangedQuestion> = {}): ChangedQuestion {
  return {
    id: change_number,
    body: 'Why?',
    status: 'pending',
    published: true,
    pinned: false,
    vote_count: 0,
    created_at: '2026-01-01T00:00:00.000Z',
    answered_at: null,
    author_id: 1,
    author_name: 'Ben',
    author_role: 'participant',
    voted: false,
    change_number,
    ...overrides,
  };
}

function changesOf(questions: ChangedQuestion[], status: SessionChanges['status'] = 'active') {
  const time = new Date('2026-01-01T00:00:00.000Z');
  const last = Math.max(...questions.map(({ change_number }) => change_number));
  const changes: SessionChanges = {
    id: 1,
    code: 'CCCCCC',
    title: 'T',
    status,
    created_at: time,
    started_at: time,
    ended_at: null,
    expires_at: time,
    joining: 'open',
    moderated: true,
    host_user_id: 1,
    host_display_name: 'Ada',
    host_key_id: null,
    change_number: last,
    status_change_number: 0,
    seconds_since_change: 0,
    questions,
    revoked: [],
  };
  return changes;
}

const waiting = { status: 'waiting', published: false } as const;
const own = { author_id: AUTHOR };
const author = { role: 'participant', participantId: AUTHOR } as const;
const types = (events: ReturnType<typeof toEvents>) =>
  events.map(({ sequence, event }) => [sequence, event.type]);

test('an author receives own waiting questions between the events that all participants share', () => {
  const ownQuestions = [changed(2, { ...own, ...waiting }), changed(4, own)];
  const changes = changesOf([changed(5), ...ownQuestions, changed(3), changed(1, waiting)]);
  const shared = toEvents(changes, 0, { role: 'participant' });
  expect(types(shared)).toEqual([
    [3, 'question'],
    [4, 'question'],
    [5, 'question'],
  ]);
  const events = withOwnQuestions(shared, ownQuestions, author);
  expect(types(events)).toEqual([2, 3, 4, 5].map((sequence) => [sequence, 'question']));
  expect(events[1]).toBe(shared[0]);
  expect(events[3]).toBe(shared[2]);
  expect(events[0]).toMatchObject({ event: { question: { mine: true, status: 'waiting' } } });
  expect(events[2]).toMatchObject({ event: { question: { mine: true } } });
  expect(events).toEqual(toEvents(changes, 0, author));
  expect(withOwnQuestions(shared, undefined, author)).toBe(shared);
});

test('the end of an expired session stays the last event of an author', () => {
  const ownQuestions = [changed(2, { ...own, ...waiting })];
  const changes = changesOf(ownQuestions, 'ended');
  const shared = toEvents(changes, 0, { role: 'participant' });
  expect(types(withOwnQuestions(shared, ownQuestions, author))).toEqual([
    [2, 'question'],
    [2, 'session'],
  ]);
});

test.each([
  ['waiting', { ...waiting }, ['question', 'question', undefined]],
  ['hidden', { status: 'hidden', published: false }, ['question', 'questionRemoved', undefined]],
  [
    'withdrawn',
    { status: 'withdrawn', body: null, published: false },
    ['questionRemoved', 'questionRemoved', undefined],
  ],
  ['pending', {}, ['question', 'question', 'question']],
] as const)(
  'an unpublished question that is %s is known to moderators and its author only',
  (_, state, expected) => {
    const changes = changesOf([changed(1, { ...own, ...state })]);
    const others = [{ role: 'participant', participantId: 1 }, { role: 'viewer' }] as const;
    const [forModerators, forAuthor, ...forOthers] = expected;
    const typeFor = (viewer: Parameters<typeof toEvents>[2]) =>
      toEvents(changes, 0, viewer)[0]?.event.type;
    expect([typeFor({ role: 'host' }), typeFor({ role: 'moderator' })]).toEqual([
      forModerators,
      forModerators,
    ]);
    expect(typeFor(author)).toBe(forAuthor);
    for (const viewer of others) expect([typeFor(viewer)]).toEqual(forOthers);
  },
);

test('a snapshot has the waiting questions of its author only', () => {
  const changes = changesOf([changed(1, waiting), changed(2, { ...own, ...waiting })]);
  expect(toSnapshot(changes, author)).toMatchObject({ event: { questions: [{ id: 2 }] } });
  expect(toSnapshot(changes, { role: 'participant', participantId: 9 })).toMatchObject({
    event: { questions: [] },
  });
  expect(toSnapshot(changes, { role: 'moderator' })).toMatchObject({
    event: { questions: [{ id: 1 }, { id: 2 }] },
  });
});
