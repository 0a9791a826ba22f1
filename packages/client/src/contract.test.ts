import type { AppRouter } from '@classroom/api/router';
import type * as schema from '@classroom/schema';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { expectTypeOf, test } from 'vitest';
import type {
  ErrorReason,
  LiveSnapshot,
  Participant,
  Question,
  RouterInputs,
  RouterOutputs,
  SessionEvent,
  SessionSummary,
} from './index.ts';

test('every procedure has the inputs and outputs of the server', () => {
  expectTypeOf<RouterInputs>().toEqualTypeOf<inferRouterInputs<AppRouter>>();
  expectTypeOf<RouterOutputs>().toEqualTypeOf<inferRouterOutputs<AppRouter>>();
});

test('the exported shapes equal those of the schema', () => {
  expectTypeOf<ErrorReason>().toEqualTypeOf<schema.ErrorReason>();
  expectTypeOf<LiveSnapshot['me']>().toEqualTypeOf<schema.Me | null>();
  expectTypeOf<Participant>().toEqualTypeOf<schema.Participant>();
  expectTypeOf<Question>().toEqualTypeOf<schema.Question>();
  expectTypeOf<SessionEvent>().toEqualTypeOf<schema.SessionEvent>();
  expectTypeOf<SessionSummary>().toEqualTypeOf<schema.SessionSummary>();
});
