import { procedures } from './router.ts';
import type { Meta, RestOperation } from './trpc/init.ts';

/** The OpenAPI texts of a procedure. */
export type ProcedureDocs = Pick<RestOperation, 'summary' | 'description' | 'deprecated'>;

/** Returns the docs of a procedure, for the build of the client: its types show them in editors. */
export function procedureDocs(path: string): ProcedureDocs | undefined {
  const { openapi }: Meta = procedures.get(path)?._def.meta ?? {};
  return openapi;
}
