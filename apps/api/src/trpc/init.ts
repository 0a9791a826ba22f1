import { initTRPC } from '@trpc/server';
import type { Context } from './context.ts';
import { errorShape } from './error-shape.ts';
import type { Meta } from './meta.ts';

export const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    errorFormatter: ({ error, ctx }) => errorShape(error, ctx?.requestId ?? ''),
  });

export const { router } = trpc;
