import { beforeEach, expect, test } from 'vitest';
import { read, write } from '../storage.ts';
import { addUnsent, parseUnsent, removeUnsent, unsentKey } from './unsent.ts';

const CODE = 'CDFGH2';
const question = (idempotencyKey: string) => ({ body: 'Why?', anonymous: true, idempotencyKey });
const stored = () => parseUnsent(read(unsentKey(CODE)));

beforeEach(() => write(unsentKey(CODE), null));

test('unsent questions are stored in order until each is removed', () => {
  addUnsent(CODE, question('1'));
  addUnsent(CODE, question('2'));
  expect(stored()).toEqual([question('1'), question('2')]);
  removeUnsent(CODE, '1');
  expect(stored()).toEqual([question('2')]);
  removeUnsent(CODE, '2');
  expect(read(unsentKey(CODE))).toBeNull();
});

test('questions of another session are kept apart', () => {
  addUnsent('OTHER2', question('1'));
  expect(stored()).toEqual([]);
  write(unsentKey('OTHER2'), null);
});

test.each([null, '', '{', 'null', '"text"', '[1,null,{"body":"Why?"}]'])(
  'stored text that holds no questions is read as none: %s',
  (text) => {
    expect(parseUnsent(text)).toEqual([]);
  },
);
