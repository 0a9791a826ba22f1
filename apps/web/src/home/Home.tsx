import { lazy, Suspense } from 'react';
import { HOST_KEY, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';
import { HostKey } from './HostKey.tsx';
import { JoinForm } from './JoinForm.tsx';
import { OpenForm } from './OpenForm.tsx';

const HostSessions = lazy(() => import('./HostSessions.tsx'));

export default function Home() {
  const [hostKey] = useStored(HOST_KEY);
  return (
    <main className="home">
      <title>Classroom</title>
      <header>
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>Classroom</h1>
        <p>{t.home.tagline}</p>
      </header>
      <div className="columns">
        <JoinForm />
        <OpenForm />
      </div>
      {hostKey !== null && (
        <Suspense>
          <HostSessions />
        </Suspense>
      )}
      <HostKey />
    </main>
  );
}
