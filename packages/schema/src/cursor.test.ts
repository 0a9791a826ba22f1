import fc from 'fast-check';
import { expect, test } from 'vitest';
import { participantCursor } from './participant.ts';
import { listQuestionsInput, questionCursor } from './question.ts';

const id = fc.integer({ min: 0, max: 999_999_999_999_999 });

test.each([
  ['1-12-345', { order: 'top', pinned: true, votes: 12, id: 345 }],
  ['0-0-7', { order: 'top', pinned: false, votes: 0, id: 7 }],
  ['345', { order: 'newest', id: 345 }],
])('the question cursor %s decodes to its position', (cursor, position) => {
  expect(questionCursor.parse(cursor)).toEqual(position);
});

test('every question cursor decodes to the position that was encoded', () => {
  const top = fc.record({
    order: fc.constant('top' as const),
    pinned: fc.boolean(),
    votes: fc.integer({ min: 0, max: 999_999_999 }),
    id,
  });
  const newest = fc.record({ order: fc.constant('newest' as const), id });
  fc.assert(
    fc.property(fc.oneof(top, newest), (position) => {
      expect(questionCursor.decode(questionCursor.encode(position))).toEqual(position);
    }),
  );
});

test('every participant cursor decodes to the position that was encoded', () => {
  const microseconds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  expect(participantCursor.parse('1790000000000000-42')).toEqual({
    microseconds: 1_790_000_000_000_000,
    id: 42,
  });
  fc.assert(
    fc.property(fc.record({ microseconds, id }), (position) => {
      expect(participantCursor.decode(participantCursor.encode(position))).toEqual(position);
    }),
  );
});

test.each([
  ['top', '7'],
  ['newest', '1-12-345'],
  ['top', '2-1-1'],
  ['newest', '-1'],
  ['newest', ''],
  ['top', '1-2-3\n'],
])(
  'listQuestionsInput in the order %s refuses the cursor %j with one error for the field',
  (order, cursor) => {
    const { error } = listQuestionsInput.safeParse({ code: '7M2XJD', order, cursor });
    expect(error?.issues).toMatchObject([
      {
        path: ['cursor'],
        message: expect.stringMatching(/^Must be the nextCursor of an earlier page/),
      },
    ]);
  },
);
