import type { AppRouter } from '@classroom/api/router';
import type * as schema from '@classroom/schema';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { expectTypeOf, test } from 'vitest';
import type {
  ErrorReason,
  Participant,
  Question,
  RouterInputs,
  RouterOutputs,
  SessionEvent,
  SessionSummary,
} from './index.ts';

test('the client takes and gives what the server does, in every procedure', () => {
  expectTypeOf<RouterInputs>().toEqualTypeOf<inferRouterInputs<AppRouter>>();
  expectTypeOf<RouterOutputs>().toEqualTypeOf<inferRouterOutputs<AppRouter>>();
});

test('the shapes are those of the schema', () => {
  expectTypeOf<ErrorReason>().toEqualTypeOf<schema.ErrorReason>();
  expectTypeOf<Participant>().toEqualTypeOf<schema.Participant>();
  expectTypeOf<Question>().toEqualTypeOf<schema.Question>();
  expectTypeOf<SessionEvent>().toEqualTypeOf<schema.SessionEvent>();
  expectTypeOf<SessionSummary>().toEqualTypeOf<schema.SessionSummary>();
});
