import { reasonOf } from '@classroom/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { randomUUID } from '../api.ts';
import { useSession } from '../session.tsx';
import { useStored } from '../storage.ts';
import { addUnsent, parseUnsent, removeUnsent, unsentKey } from './unsent.ts';

const RETRY_AFTER_MS = 3_000;

/**
 * Sends questions one after another. They are stored until the server has accepted or refused them, so
 * that neither a lost network nor a closed page loses one; the idempotency key keeps them from being
 * submitted twice.
 *
 * @param onRefused receives the text of a question that the server has refused
 */
export function useAsk(onRefused: (body: string) => void) {
  const { code, trpc } = useSession();
  const queryClient = useQueryClient();
  const [stored] = useStored(unsentKey(code));
  const submit = useMutation(
    trpc.questions.submit.mutationOptions({
      // TanStack Query pauses without network, and runs the mutations of one scope in order.
      scope: { id: `questions of ${code}` },
      retry: (_count, error) => ['UNAVAILABLE', 'RATE_LIMITED'].includes(reasonOf(error) ?? ''),
      retryDelay: (_count, error) => (error.data?.retryAfterSeconds ?? 0) * 1_000 + RETRY_AFTER_MS,
      onError: (_error, { body }) => onRefused(body),
      onSettled: (_data, _error, { idempotencyKey }) => removeUnsent(code, idempotencyKey),
    }),
  );
  const { mutate } = submit;

  useEffect(() => {
    const sending = queryClient.getMutationCache().findAll({ status: 'pending' });
    const keys = new Set(sending.map(({ state }) => idempotencyKeyOf(state.variables)));
    for (const question of parseUnsent(stored)) {
      if (!keys.has(question.idempotencyKey)) mutate({ code, ...question });
    }
  }, [queryClient, mutate, code, stored]);

  return {
    /** Storing the question sends it. */
    ask: (body: string, anonymous: boolean) =>
      addUnsent(code, { body, anonymous, idempotencyKey: randomUUID() }),
    unsent: parseUnsent(stored),
    /** Whether questions wait for the network. */
    isWaiting: submit.isPaused || submit.failureCount > 0,
    isSent: submit.isSuccess,
    error: submit.error,
  };
}

function idempotencyKeyOf(variables: unknown): unknown {
  return typeof variables === 'object' && variables !== null
    ? Reflect.get(variables, 'idempotencyKey')
    : undefined;
}
