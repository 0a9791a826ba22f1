import type { AnyProcedure, AnyRouter, TRPCProcedureType } from '@trpc/server';
import { appRouter } from '../../router.ts';
import type { Meta, RestOperation } from '../../trpc/meta.ts';

/** A procedure that has a route. */
export interface Operation extends RestOperation {
  /** Such as `sessions.create`. */
  procedure: string;
  type: TRPCProcedureType;
  token: Meta['token'];
}

// As any router: its own type has the procedures in a tree.
const router: AnyRouter = appRouter;

/** All procedures that have a route, in the order of the router. */
export const operations: readonly Operation[] = Object.entries<AnyProcedure>(
  router._def.procedures,
).flatMap(([procedure, { _def }]) => {
  const { openapi, token }: Meta = _def.meta ?? {};
  return openapi === undefined ? [] : [{ ...openapi, procedure, type: _def.type, token }];
});
