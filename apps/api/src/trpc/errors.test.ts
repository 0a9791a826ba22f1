import { callTRPCProcedure, getTRPCErrorFromUnknown } from '@trpc/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { reasonOf, withReason } from './errors.ts';
import { trpc } from './init.ts';

const small = z.number().max(1);
const router = trpc.router({
  input: trpc.procedure.input(small).query(() => 'done'),
  output: trpc.procedure.output(small).query(() => 2),
});

test.each([
  ['input', 'INVALID_INPUT'],
  ['output', 'INTERNAL'],
])('an %s that breaks its schema has the reason %s', async (path, reason) => {
  const getRawInput = async () => 2;
  const call = { router, path, type: 'query', ctx: {}, getRawInput, batchIndex: 0 } as const;
  const error: unknown = await callTRPCProcedure({ ...call, signal: undefined }).catch(
    (cause: unknown) => cause,
  );
  expect(reasonOf(withReason(getTRPCErrorFromUnknown(error)))).toBe(reason);
});
