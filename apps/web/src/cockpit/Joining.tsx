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
import { OpenWall } from './OpenWall.tsx';

interface JoiningProps {
  session: SessionSummary;
  isHost: boolean;
}

/** How students join, and whether they can. */
export function Joining({ session: { code, joining, moderated }, isHost }: JoiningProps) {
  const { trpc } = useSession();
  const configure = useMutation(trpc.sessions.configure.mutationOptions());
  const isClosed = joining === 'closed';
  const page = publicUrl === undefined ? undefined : publicUrl + Router.student({ code });
  return (
    <section className="card">
      <h2>{t.cockpit.join}</h2>
      <div className="join">
        <dl>
          <dt>{t.cockpit.code}</dt>
          <dd className="code">{code}</dd>
          {page !== undefined && <dd className="url">{page.replace(/^https?:\/\//, '')}</dd>}
        </dl>
        {page !== undefined && <QrCode label={t.wall.qr} text={page} />}
      </div>
      {page === undefined && <p className="note">{t.cockpit.loopback}</p>}
      <div role="status">{isClosed && <p className="hint">{t.cockpit.joiningClosed}</p>}</div>
      {isHost && (
        <>
          <OpenWall />
          <Button
            isBusy={configure.isPending}
            onClick={() => configure.mutate({ code, joining: isClosed ? 'open' : 'closed' })}
          >
            {isClosed ? t.cockpit.openJoining : t.cockpit.closeJoining}
          </Button>
          <ApproveFirst moderated={moderated} />
        </>
      )}
      <Failure error={configure.error} />
    </section>
  );
}
