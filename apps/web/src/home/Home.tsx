import { HOST_KEY, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';
import { HostKey } from './HostKey.tsx';
import { HostSessions } from './HostSessions.tsx';
import { JoinForm } from './JoinForm.tsx';
import { OpenForm } from './OpenForm.tsx';

export function Home() {
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
      {hostKey !== null && <HostSessions />}
      <HostKey />
    </main>
  );
}
