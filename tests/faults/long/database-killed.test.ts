import { test } from 'vitest';
import { expectNothingLost } from '../../src/expect-nothing-lost.ts';

test('a database killed twenty times under load: what was acknowledged is there, and there once', async () => {
  await expectNothingLost(20);
});
