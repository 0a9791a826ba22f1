import { JoinForm } from '../components/JoinForm.tsx';
import { OpenForm } from '../components/OpenForm.tsx';
import { t } from '../texts/index.ts';

export function Home() {
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
    </main>
  );
}
