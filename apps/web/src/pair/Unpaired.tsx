import { Link } from '@swan-io/chicane';
import { useMutation } from '@tanstack/react-query';
import { asHost } from '../api.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { Router } from '../router.ts';
import { HOST_KEY, tokenKey, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';
import { PairForm } from './PairForm.tsx';

/** In place of a cockpit that this browser has no token for. */
export default function Unpaired({ code }: { code: string }) {
  const [hostKey] = useStored(HOST_KEY);
  const [, setToken] = useStored(tokenKey(code, 'host'));
  const enter = useMutation(
    asHost.trpc.hosts.enter.mutationOptions({
      onSuccess: ({ hostToken }) => setToken(hostToken),
    }),
  );
  return (
    <main className="narrow">
      <title>{t.cockpit.heading}</title>
      <h1>{t.cockpit.missing}</h1>
      {hostKey !== null && (
        <Button className="filled" isBusy={enter.isPending} onClick={() => enter.mutate({ code })}>
          {t.cockpit.enterWithKey}
        </Button>
      )}
      <Failure error={enter.error} special={{ UNAUTHENTICATED: t.home.unknownKey }} />
      <PairForm code={code} />
      <Link to={Router.home()}>{t.toHome}</Link>
    </main>
  );
}
