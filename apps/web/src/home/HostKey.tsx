import { type SubmitEvent, useId } from 'react';
import { asHost, queryClient } from '../api.ts';
import { Button } from '../components/Button.tsx';
import { Confirm } from '../components/Confirm.tsx';
import { TextField, textOf } from '../components/TextField.tsx';
import { HOST_KEY, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';

/** Shows the host key to keep it, or to move it to another browser. */
export function HostKey() {
  const [hostKey, setHostKey] = useStored(HOST_KEY);
  const id = useId();
  const change = (key: string | null) => {
    setHostKey(key);
    void queryClient.resetQueries(asHost.trpc.hosts.pathFilter());
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change(textOf(event.currentTarget, 'key').trim());
    event.currentTarget.reset();
  };
  return (
    <details className="card">
      <summary>{t.home.hostKey}</summary>
      {hostKey === null ? (
        <p className="hint">{t.home.noHostKey}</p>
      ) : (
        <div className="field">
          <p className="hint">{t.home.hostKeyHint}</p>
          <label htmlFor={id}>{t.home.thisKey}</label>
          <input
            id={id}
            className="secret"
            readOnly
            value={hostKey}
            onFocus={(event) => event.target.select()}
          />
          <Confirm
            label={t.home.forgetKey}
            className="danger small"
            question={t.home.forgetKeyAsk}
            confirmLabel={t.home.forgetKeyYes}
            onConfirm={() => change(null)}
          />
        </div>
      )}
      <form onSubmit={submit}>
        <TextField label={t.home.otherKey} name="key" spellCheck={false} />
        <Button type="submit">{t.home.enterKey}</Button>
      </form>
    </details>
  );
}
