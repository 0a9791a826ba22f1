import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { asHost } from '../api.ts';
import { Router } from '../router.ts';
import { tokenKey, write } from '../storage.ts';
import { t } from '../texts/index.ts';
import { Button } from './Button.tsx';
import { Failure } from './Failure.tsx';
import { TextField, textOf } from './TextField.tsx';

export function OpenForm() {
  const open = useMutation(
    asHost.trpc.sessions.create.mutationOptions({
      onSuccess({ code, hostToken }) {
        write(tokenKey(code, 'host'), hostToken);
        Router.push('Cockpit', { code });
      },
    }),
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    open.mutate({ title: textOf(form, 'title'), hostDisplayName: textOf(form, 'name') });
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t.home.open}</h2>
      <TextField label={t.home.title} name="title" maxLength={400} />
      <TextField label={t.home.yourName} name="name" maxLength={200} />
      <Failure error={open.error} />
      <Button type="submit" className="filled" isBusy={open.isPending}>
        {t.home.openButton}
      </Button>
    </form>
  );
}
