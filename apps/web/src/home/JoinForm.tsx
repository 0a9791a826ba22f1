import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { createApi } from '../api.ts';
import { normalCode, Router } from '../router.ts';
import { read, tokenKey, write } from '../storage.ts';
import { t } from '../texts/index.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { CodeField, TextField, textOf } from '../components/TextField.tsx';

interface Joining {
  code: string;
  displayName: string;
}

export function JoinForm({ code }: { code?: string }) {
  const join = useMutation({
    // The token of an earlier visit lets somebody who enters the same name be the same participant.
    mutationFn: async (input: Joining) => {
      const token = read(tokenKey(normalCode(input.code), 'participant')) ?? undefined;
      return await createApi(token).client.sessions.join.mutate(input);
    },
    onSuccess({ session, participantToken }) {
      write(tokenKey(session.code, 'participant'), participantToken);
      Router.push('student', { code: session.code });
    },
  });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    join.mutate({ code: textOf(form, 'code'), displayName: textOf(form, 'name') });
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t.home.join}</h2>
      <CodeField label={t.home.joinCode} name="code" defaultValue={code} />
      <TextField label={t.home.yourName} name="name" maxLength={200} />
      <Failure error={join.error} special={{ FORBIDDEN: t.home.blocked }} />
      <Button type="submit" className="filled" isBusy={join.isPending}>
        {t.home.joinButton}
      </Button>
    </form>
  );
}
