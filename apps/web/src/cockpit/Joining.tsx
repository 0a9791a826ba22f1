import type { SessionSummary } from '@classroom/client';
import { useMutation } from '@tanstack/react-query';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { QrCode } from '../components/QrCode.tsx';
import { publicUrl } from '../public-url.ts';
import { Router } from '../router.ts';
import { useSession } from '../session.tsx';
import { t } from '../texts/index.ts';
import { ApproveFirst } from './ApproveFirst.tsx';

interface JoiningProps {
  session: SessionSummary;
  isHost: boolean;
}

/** How students join, and whether they can. */
export function Joining({ session, isHost }: JoiningProps) {
  const { code, joining } = session;
  const { trpc } = useSession();
  const configure = useMutation(trpc.sessions.configure.mutationOptions());
  const isClosed = joining === 'closed';
  const page = (publicUrl ?? location.origin) + Router.student({ code });
  return (
    <section className="card">
      <h2>{t.cockpit.join}</h2>
      <div className="join">
        <dl>
          <dt>{t.cockpit.code}</dt>
          <dd className="code">{code}</dd>
          <dd>
            <a className="url" href={page} target="_blank" rel="noreferrer">
              {page.replace(/^https?:\/\//, '')}
            </a>
          </dd>
        </dl>
        {publicUrl !== undefined && <QrCode label={t.wall.qr} text={page} />}
      </div>
      {publicUrl === undefined && <p className="note">{t.cockpit.loopback}</p>}
      <div role="status">{isClosed && <p className="hint">{t.cockpit.joiningClosed}</p>}</div>
      {isHost && (
        <>
          <a
            className="button filled"
            href={Router.wall({ code })}
            target="_blank"
            rel="noreferrer"
          >
            {t.cockpit.wall}
          </a>
          <p className="hint">{t.cockpit.wallHint}</p>
          <Button
            isBusy={configure.isPending}
            onClick={() => configure.mutate({ code, joining: isClosed ? 'open' : 'closed' })}
          >
            {isClosed ? t.cockpit.openJoining : t.cockpit.closeJoining}
          </Button>
          <ApproveFirst session={session} />
        </>
      )}
      <Failure error={configure.error} />
    </section>
  );
}
