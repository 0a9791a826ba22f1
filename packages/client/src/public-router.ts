import type {
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';
import type { Contract } from './contract.ts';

/** The `data` of an error: its reason, and the details of that reason. */
export type ErrorData = Contract['errorDetails'] & {
  /** tRPC's error code, such as `CONFLICT`. */
  code: string;
  httpStatus: number;
  reason: Contract['errorReason'];
};

interface Shape {
  meta: object;
  input: unknown;
  output: unknown;
}

interface ProcedureTypes<Input, Output> extends Shape {
  input: Input;
  output: Output;
}

type Procedure<Type, Input, Output> = Type extends 'query'
  ? TRPCQueryProcedure<ProcedureTypes<Input, Output>>
  : Type extends 'mutation'
    ? TRPCMutationProcedure<ProcedureTypes<Input, Output>>
    : TRPCSubscriptionProcedure<ProcedureTypes<Input, AsyncIterable<Output, void>>>;

type Routes<Procedures> = {
  [Name in keyof Procedures]: Procedures[Name] extends {
    type: infer Type;
    input: infer Input;
    output: infer Output;
  }
    ? Procedure<Type, Input, Output>
    : Routes<Procedures[Name]>;
};

/** The router's type as tRPC's client needs it, without types of the server. */
export type PublicRouter = TRPCBuiltRouter<
  {
    ctx: object;
    meta: object;
    errorShape: { message: string; code: number; data: ErrorData };
    transformer: false;
  },
  Routes<Contract['procedures']>
>;
