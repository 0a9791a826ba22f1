import { useMutation } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { anyone } from '../api.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { CodeField, textOf } from '../components/TextField.tsx';
import { Router } from '../router.ts';
import { tokenKey, write } from '../storage.ts';
import { t } from '../texts/index.ts';

interface PairFormProps {
  code: string;
  pairingCode?: string;
}

export function PairForm({ code, pairingCode }: PairFormProps) {
  const pair = useMutation(
    anyone.trpc.sessions.redeemPairingCode.mutationOptions({
      onSuccess({ session, participant, token }) {
        const isWall = participant.role === 'viewer';
        write(tokenKey(session.code, isWall ? 'viewer' : 'host'), token);
        Router.replace(isWall ? 'wall' : 'cockpit', { code: session.code });
      },
    }),
  );
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    pair.mutate({ code: textOf(form, 'code'), pairingCode: textOf(form, 'pairing-code') });
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t.pair.heading}</h2>
      <p className="hint">{t.pair.hint}</p>
      <CodeField label={t.home.joinCode} name="code" defaultValue={code} />
      <CodeField label={t.pair.pairingCode} name="pairing-code" defaultValue={pairingCode} />
      <Failure error={pair.error} />
      <Button type="submit" className="filled" isBusy={pair.isPending}>
        {t.pair.button}
      </Button>
    </form>
  );
}
