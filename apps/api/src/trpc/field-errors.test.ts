import {
  createSessionInput,
  listQuestionsInput,
  removeParticipantInput,
  sessionEventsInput,
  setQuestionStatusInput,
} from '@classroom/schema';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { toFieldErrors } from './field-errors.ts';

const session = { title: 'Algebra I', hostDisplayName: 'Ada' };
const code = 'CDFGH2';

test.each<[string, z.ZodType, unknown, Record<string, string[]>]>([
  ['a missing field', createSessionInput, { title: 'A' }, { hostDisplayName: ['REQUIRED'] }],
  [
    'a missing value of a list',
    setQuestionStatusInput,
    { questionId: 1 },
    { status: ['REQUIRED'] },
  ],
  ['another type', createSessionInput, { ...session, title: 5 }, { title: ['WRONG_TYPE'] }],
  [
    'a fraction',
    setQuestionStatusInput,
    { questionId: 1.5, status: 'hidden' },
    { questionId: ['WRONG_TYPE'] },
  ],
  ['an empty text', createSessionInput, { ...session, title: ' ' }, { title: ['TOO_SHORT'] }],
  [
    'an invisible text',
    createSessionInput,
    { ...session, title: '\u200b' },
    { title: ['TOO_SHORT'] },
  ],
  [
    'a long text',
    createSessionInput,
    { ...session, title: 'a'.repeat(201) },
    { title: ['TOO_LONG'] },
  ],
  [
    'a control character',
    createSessionInput,
    { ...session, title: 'a\0' },
    { title: ['NOT_ALLOWED'] },
  ],
  [
    'a bidi override',
    createSessionInput,
    { ...session, title: 'a\u202e' },
    { title: ['NOT_ALLOWED'] },
  ],
  [
    'a lone surrogate',
    createSessionInput,
    { ...session, title: 'a\ud800' },
    { title: ['NOT_ALLOWED'] },
  ],
  [
    'two rules',
    createSessionInput,
    { ...session, title: '\u202e' },
    { title: ['NOT_ALLOWED', 'TOO_SHORT'] },
  ],
  [
    'a malformed key',
    createSessionInput,
    { ...session, idempotencyKey: 'a' },
    { idempotencyKey: ['WRONG_FORMAT'] },
  ],
  ['a malformed code', sessionEventsInput, { code: 'a' }, { code: ['WRONG_FORMAT'] }],
  ['a malformed cursor', listQuestionsInput, { code, cursor: '?' }, { cursor: ['WRONG_FORMAT'] }],
  [
    'a cursor of another order',
    listQuestionsInput,
    { code, cursor: '7' },
    { cursor: ['WRONG_FORMAT'] },
  ],
  [
    'a number below the minimum',
    removeParticipantInput,
    { code, participantId: 0 },
    { participantId: ['TOO_SMALL'] },
  ],
  ['a number above the maximum', listQuestionsInput, { code, limit: 101 }, { limit: ['TOO_BIG'] }],
  ['an unknown value', listQuestionsInput, { code, order: 'best' }, { order: ['UNKNOWN_VALUE'] }],
  ['no object', sessionEventsInput, 'x', { input: ['WRONG_TYPE'] }],
  ['no input', sessionEventsInput, undefined, { input: ['REQUIRED'] }],
])('%s has a message and a code', (_, schema, input, codes) => {
  const { error } = schema.safeParse(input);
  const { fieldErrors, fieldCodes } = toFieldErrors(error ?? new z.ZodError([]));
  expect(fieldCodes).toEqual(codes);
  const counts = (lists: Record<string, string[]>) =>
    Object.entries(lists).map(([field, list]) => [field, list.length]);
  expect(counts(fieldErrors)).toEqual(counts(codes));
});
