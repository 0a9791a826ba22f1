import { lazy, useRef } from 'react';
import {
  DeletionWatch,
  NotConnected,
  OfflineBanner,
  useIsConnected,
} from '../components/Connection.tsx';
import { QrCode } from '../components/QrCode.tsx';
import { Question } from '../components/Question.tsx';
import { VoteCount } from '../components/VoteButton.tsx';
import { useFlip } from '../hooks/use-flip.ts';
import { PairForm } from '../pair/PairForm.tsx';
import { publicUrl } from '../public-url.ts';
import { byStatus } from '../questions.ts';
import { Router } from '../router.ts';
import { SessionProvider, useLive } from '../session.tsx';
import { tokenKey, useStored } from '../storage.ts';
import { t } from '../texts/index.ts';

const OwnWall = lazy(() => import('./OwnWall.tsx'));

/** More do not fit on a screen that the last row can read. */
const MAX_SHOWN = 10;

export default function Wall({ code }: { code: string }) {
  const [token] = useStored(tokenKey(code, 'viewer'));
  const [hostToken] = useStored(tokenKey(code, 'host'));
  if (token === null && hostToken !== null) return <OwnWall code={code} hostToken={hostToken} />;
  if (token === null) {
    return (
      <main className="narrow">
        <title>Classroom</title>
        <h1>{t.wall.waitingForToken}</h1>
        <p className="hint">{t.wall.waitingHint}</p>
        <PairForm code={code} />
      </main>
    );
  }
  return (
    <SessionProvider key={token} code={code} seat="viewer" token={token}>
      <WallSession />
    </SessionProvider>
  );
}

function WallSession() {
  const { session } = useLive();
  const isConnected = useIsConnected();
  if (session === null || !isConnected) return <NotConnected />;
  return (
    <div className="wall">
      <title>{session.title}</title>
      <DeletionWatch />
      <aside aria-label={t.home.join}>
        {session.status === 'ended' ? (
          <p className="closed">{t.wall.ended}</p>
        ) : session.joining === 'closed' ? (
          <p className="closed">{t.wall.closed}</p>
        ) : (
          <Invitation code={session.code} />
        )}
        {session.status !== 'ended' && <Presence />}
      </aside>
      <main>
        <h1>{session.title}</h1>
        <OfflineBanner />
        <WallQuestions />
      </main>
    </div>
  );
}

function Invitation({ code }: { code: string }) {
  const page = publicUrl === undefined ? undefined : publicUrl + Router.student({ code });
  return (
    <>
      {page === undefined ? (
        <p className="note">{t.cockpit.loopback}</p>
      ) : (
        <>
          <QrCode label={t.wall.qr} text={page} />
          <p className="url">
            {t.wall.joinAt} <strong>{publicUrl?.replace(/^https?:\/\//, '')}</strong>
          </p>
        </>
      )}
      <p className="url">{t.wall.code}</p>
      <p className="code" style={{ fontSize: `calc(${26 / code.length} * var(--unit))` }}>
        {code}
      </p>
    </>
  );
}

function Presence() {
  const { participants } = useLive();
  return (
    <p role="status" className="presence">
      {t.wall.present(participants)}
    </p>
  );
}

function WallQuestions() {
  const { questions } = useLive();
  const list = useRef<HTMLUListElement>(null);
  useFlip(list);
  return (
    <section>
      <h2 className="visually-hidden">{t.questions.heading}</h2>
      {questions.length === 0 && <p className="none">{t.wall.none}</p>}
      <ul ref={list} className="questions">
        {byStatus(questions)
          .slice(0, MAX_SHOWN)
          .map((question) => (
            <Question
              key={question.id}
              question={question}
              aside={() => <VoteCount votes={question.votes} />}
            />
          ))}
      </ul>
    </section>
  );
}
