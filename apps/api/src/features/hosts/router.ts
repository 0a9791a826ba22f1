import {
  createdHostKey,
  createHostKeyInput,
  enteredSession,
  enterSessionInput,
  forgottenHostKey,
  listHostSessionsInput,
  sessionPage,
} from '@classroom/schema';
import { SESSION_REASONS, router } from '../../trpc/init.ts';
import {
  createProcedure,
  createWithHostKeyProcedure,
  hostKeyProcedure,
} from '../../trpc/procedures.ts';
import { createHostKey, forgetKey, rotateKey } from './keys.ts';
import { enterHostSession, listHostSessions } from './sessions.ts';

const code = '7M2XJD';
const tags = ['Host keys'];

export const hostsRouter = router({
  createKey: createProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/host-keys',
        summary: 'Create a host key',
        description:
          'Creates a host key, with which a host owns sessions independently of name and device. Store the key: no other call returns it. Case and hyphens in it do not matter. A retry with the same idempotency key returns the same key until it is rotated or forgotten. A key that owns no session is deleted 400 days after its last use.',
        tags,
        example: { idempotencyKey: '0f8fad5b-d9cb-469f-a165-70867728950e' },
        reasons: ['IDEMPOTENCY_KEY_REUSED'],
        creates: true,
      },
    })
    .input(createHostKeyInput)
    .output(createdHostKey)
    .mutation(({ ctx, input }) => createHostKey(ctx.app, input)),

  rotateKey: hostKeyProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/host-key/rotate',
        summary: 'Rotate the host key',
        description:
          'Replaces the host key that is sent as the token by a new one, and invalidates it at once. Its sessions and their tokens stay. A retry with the same idempotency key, and with the replaced key or the new one as the token, returns the same new key.',
        tags,
        example: { idempotencyKey: '0f8fad5b-d9cb-469f-a165-70867728950e' },
        reasons: [],
      },
    })
    .input(createHostKeyInput)
    .output(createdHostKey)
    .mutation(({ ctx, input }) => rotateKey(ctx.app, input, ctx.hostKeyHash)),

  forget: hostKeyProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/host-key',
        summary: 'Forget the host key',
        description:
          'Permanently invalidates the host key that is sent as the token. Its sessions and their tokens stay. A repeated call is refused with `UNAUTHENTICATED`.',
        tags,
        example: {},
        reasons: [],
      },
    })
    .output(forgottenHostKey)
    .mutation(({ ctx }) => forgetKey(ctx.app, ctx.hostKeyHash)),

  sessions: hostKeyProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/host-key/sessions',
        summary: 'List the sessions of the host key',
        description:
          'Returns a page of the sessions, open and ended, that belong to the host key that is sent as the token, newest first.',
        tags,
        example: {},
        reasons: [],
      },
    })
    .input(listHostSessionsInput)
    .output(sessionPage)
    .query(({ ctx, input }) => listHostSessions(ctx.app, input, ctx.hostKeyHash)),

  enter: createWithHostKeyProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/host-key/sessions/{code}/enter',
        summary: 'Enter a session of the host key',
        description:
          'Returns a session, open or ended, that belongs to the host key that is sent as the token, and a new host token for this device. The host’s other tokens stay valid.',
        tags,
        example: { code },
        reasons: SESSION_REASONS,
        creates: true,
      },
    })
    .input(enterSessionInput)
    .output(enteredSession)
    .mutation(({ ctx, input }) => enterHostSession(ctx.app, input, ctx.hostKeyHash)),
});
