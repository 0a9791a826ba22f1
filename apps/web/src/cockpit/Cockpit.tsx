import { lazy, Suspense } from 'react';
import {
  DeletionWatch,
  NotConnected,
  OfflineBanner,
  useIsConnected,
} from '../components/Connection.tsx';
import { SessionProvider, useLive } from '../session.tsx';
import { tokenKey, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';
import { CockpitHeader } from './CockpitHeader.tsx';
import { CockpitQuestions } from './CockpitQuestions.tsx';
import { Joining } from './Joining.tsx';

const Unpaired = lazy(() => import('../pair/Unpaired.tsx'));
// Loaded on demand: it is below the join code.
const CockpitDetails = lazy(() => import('./CockpitDetails.tsx'));

export default function Cockpit({ code }: { code: string }) {
  const [token] = useStored(tokenKey(code, 'host'));
  if (token === null) return <Unpaired code={code} />;
  return (
    <SessionProvider key={token} code={code} seat="host" token={token}>
      <CockpitSession />
    </SessionProvider>
  );
}

/** For the host, and for a moderator with less of it. */
function CockpitSession() {
  const { session, me } = useLive();
  const isConnected = useIsConnected();
  if (session === null || !isConnected) return <NotConnected />;
  const isHost = me?.participant.role === 'host';
  const isOpen = session.status !== 'ended';
  return (
    <div className="cockpit">
      <title>{`${session.title} · ${t.cockpit.heading}`}</title>
      <DeletionWatch />
      <CockpitHeader session={session} isHost={isHost} />
      <main>
        <OfflineBanner />
        <CockpitQuestions isOpen={isOpen} />
      </main>
      <aside aria-label={t.cockpit.session}>
        {isOpen && <Joining session={session} isHost={isHost} />}
        <Suspense>
          <CockpitDetails isHost={isHost} isOpen={isOpen} />
        </Suspense>
      </aside>
    </div>
  );
}
