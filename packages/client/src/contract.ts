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

/** Expands a type, so that the printed contract names no other type. Exporting this would print its name. */
type Plain<T> = { [Key in keyof T]: Plain<T[Key]> };

/** The output of a procedure; of a subscription, one event. */
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
 * The client's only dependency on the types of the server and the schema. The build prints it with all
 * names expanded, so every other type of the client derives from it.
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
