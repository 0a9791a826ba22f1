import { useMutation } from '@tanstack/react-query';
import { anyone } from '../api.ts';
import { Failure } from '../components/Failure.tsx';
import { Router } from '../router.ts';
import { useSession } from '../session.tsx';
import { tokenKey, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';

/** Opens the wall in a new tab, which gets a viewer's token of its own through `localStorage`. */
export function OpenWall() {
  const { code, client } = useSession();
  const [token, setToken] = useStored(tokenKey(code, 'viewer'));
  const pair = useMutation({
    async mutationFn() {
      const { sessions } = client;
      const { pairingCode } = await sessions.createPairingCode.mutate({ code, role: 'viewer' });
      return await anyone.client.sessions.redeemPairingCode.mutate({ code, pairingCode });
    },
    onSuccess: (paired) => setToken(paired.token),
  });
  const prepare = () => {
    if (token === null && !pair.isPending) pair.mutate();
  };
  return (
    <>
      <a className="button filled" href={Router.wall({ code })} target="_blank" onClick={prepare}>
        {t.cockpit.wall}
      </a>
      <Failure error={pair.error} />
    </>
  );
}
