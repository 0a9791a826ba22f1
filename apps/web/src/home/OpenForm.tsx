import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { anyone, asHost, queryClient } from '../api.ts';
import { Router } from '../router.ts';
import { HOST_KEY, read, tokenKey, write } from '../storage.ts';
import { t } from '../texts/index.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { TextField, textOf } from '../components/TextField.tsx';

interface Opening {
  title: string;
  hostDisplayName: string;
}

export function OpenForm() {
  const open = useMutation({
    // The first session makes the host key.
    async mutationFn(input: Opening) {
      if (read(HOST_KEY) === null) {
        const { hostKey } = await anyone.client.hosts.createKey.mutate({});
        write(HOST_KEY, hostKey);
      }
      return await asHost.client.sessions.create.mutate(input);
    },
    onSuccess({ code, hostToken }) {
      write(tokenKey(code, 'host'), hostToken);
      void queryClient.invalidateQueries(asHost.trpc.hosts.pathFilter());
      Router.push('cockpit', { code });
    },
  });
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
      <Failure error={open.error} special={{ UNAUTHENTICATED: t.home.unknownKey }} />
      <Button type="submit" className="filled" isBusy={open.isPending}>
        {t.home.openButton}
      </Button>
    </form>
  );
}
