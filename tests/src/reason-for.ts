import { type ErrorReason, reasonOf } from '@classroom/client';

/** The reason why the call was refused; `none` when it was not. */
export async function reasonFor(call: Promise<unknown>): Promise<ErrorReason | 'none' | undefined> {
  return await call.then(() => 'none' as const, reasonOf);
}
