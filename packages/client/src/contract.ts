import type { AppRouter } from '@classroom/api/router';
import type {
  ErrorDetails,
  ErrorReason,
  Participant,
  PublicQuestion,
  Question,
  SessionEvent,
  SessionSummary,
} from '@classroom/schema';
import type {
  AnyTRPCProcedure,
  AnyTRPCSubscriptionProcedure,
  inferProcedureInput,
  inferProcedureOutput,
} from '@trpc/server';

/** The same shape, with no name in it of who made it. Not exported, or its own name would be. */
type Plain<T> = { [Key in keyof T]: Plain<T[Key]> };

/** Of a subscription, what one event is. */
type Output<Procedure extends AnyTRPCProcedure> = Procedure extends AnyTRPCSubscriptionProcedure
  ? inferProcedureOutput<Procedure> extends AsyncIterable<infer Event>
    ? Event
    : never
  : inferProcedureOutput<Procedure>;

type Procedures<Routes> = {
  [Name in keyof Routes]: Routes[Name] extends AnyTRPCProcedure
    ? {
        type: Routes[Name]['_def']['type'];
        input: Plain<inferProcedureInput<Routes[Name]>>;
        output: Plain<Output<Routes[Name]>>;
      }
    : Procedures<Routes[Name]>;
};

/**
 * All that the client knows of the server and of the schema: plain shapes, which the packed types
 * hold as the compiler prints them. Everything else in here takes its types from this one.
 */
export interface Contract {
  procedures: Procedures<AppRouter['_def']['record']>;
  errorReason: Plain<ErrorReason>;
  errorDetails: Plain<ErrorDetails>;
  participant: Plain<Participant>;
  publicQuestion: Plain<PublicQuestion>;
  question: Plain<Question>;
  sessionEvent: Plain<SessionEvent>;
  sessionSummary: Plain<SessionSummary>;
}
