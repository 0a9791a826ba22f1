import { useQuery } from '@tanstack/react-query';
import { anyone, createApi } from '../api.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { tokenKey, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';

interface OwnWallProps {
  code: string;
  hostToken: string;
}

/** Gets a viewer's token for a wall in the browser of the cockpit. */
export default function OwnWall({ code, hostToken }: OwnWallProps) {
  const [, setToken] = useStored(tokenKey(code, 'viewer'));
  // A query, because it runs once, also in React's strict mode.
  const pair = useQuery({
    queryKey: ['wall', code],
    async queryFn() {
      const { sessions } = createApi(hostToken).client;
      const { pairingCode } = await sessions.createPairingCode.mutate({ code, role: 'viewer' });
      const paired = await anyone.client.sessions.redeemPairingCode.mutate({ code, pairingCode });
      setToken(paired.token);
      return paired.participant.id;
    },
    gcTime: 0,
    // Each attempt creates a pairing code.
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return (
    <main className="narrow">
      <title>Classroom</title>
      <h1>{pair.isFetching ? t.connection.connecting : t.connection.failed}</h1>
      <Failure error={pair.error} />
      {pair.isError && (
        <Button className="filled" isBusy={pair.isFetching} onClick={() => void pair.refetch()}>
          {t.tryAgain}
        </Button>
      )}
    </main>
  );
}
