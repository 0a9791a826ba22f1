import { reasonOf } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { anyone, createApi } from '../api.ts';
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
      if (token !== null && (await isValid(code, token))) return token;
      const { sessions } = client;
      const { pairingCode } = await sessions.createPairingCode.mutate({ code, role: 'viewer' });
      const paired = await anyone.client.sessions.redeemPairingCode.mutate({ code, pairingCode });
      return paired.token;
    },
    onSuccess: setToken,
  });
  return (
    <>
      <a
        className="button filled"
        href={Router.wall({ code })}
        target="_blank"
        onClick={() => !pair.isPending && pair.mutate()}
      >
        {t.cockpit.wall}
      </a>
      <Failure error={pair.error} />
    </>
  );
}

/** Whether the wall was not revoked since it was opened last. */
async function isValid(code: string, token: string): Promise<boolean> {
  try {
    await createApi(token).client.sessions.me.query({ code });
    return true;
  } catch (error) {
    if (reasonOf(error) === 'UNAUTHENTICATED') return false;
    throw error;
  }
}
