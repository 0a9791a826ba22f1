import { Link } from '@swan-io/chicane';
import { onlineManager } from '@tanstack/react-query';
import { lazy, Suspense, useSyncExternalStore } from 'react';
import { Router } from '../router.ts';
import { useLive, useSession } from '../session.tsx';
import { forgetSeat } from '../storage.ts';
import { t } from '../texts/index.ts';
import { Button } from './Button.tsx';

const DeletionCheck = lazy(() => import('./DeletionCheck.tsx'));

const subscribeToOnline = (listener: () => void) => onlineManager.subscribe(listener);

/** Whether the page shows the last state that it knows, and not the current one. */
export function useIsOffline(): boolean {
  const isOnline = useSyncExternalStore(subscribeToOnline, () => onlineManager.isOnline());
  const { connection, reason } = useLive();
  if (connection === 'ended' || connection === 'failed') return false;
  return !isOnline || connection === 'reconnecting' || reason !== undefined;
}

export function OfflineBanner({ text = t.connection.offline }: { text?: string }) {
  const isOffline = useIsOffline();
  return (
    <div role="status" className="banner">
      {isOffline && <p>{text}</p>}
    </div>
  );
}

/** Whether there is a session to show. */
export function useIsConnected(): boolean {
  const { isDeleted } = useSession();
  const { connection, session } = useLive();
  return session !== null && connection !== 'failed' && !isDeleted;
}

/** Notices that the session was deleted after its end, when no live feed tells. */
export function DeletionWatch() {
  const { connection } = useLive();
  return (
    connection === 'ended' && (
      <Suspense>
        <DeletionCheck />
      </Suspense>
    )
  );
}

/** In place of the page until the live feed is open, after the server has refused it, and after a deletion. */
export function NotConnected() {
  const { code, seat, isDeleted, reconnect } = useSession();
  const { connection, reason } = useLive();
  if (isDeleted) {
    return (
      <main className="narrow">
        <h1>{t.connection.deleted}</h1>
        <p>{t.connection.deletedHint}</p>
        <Link to={Router.home()}>{t.toHome}</Link>
      </main>
    );
  }
  if (connection !== 'failed') {
    return (
      <main className="narrow">
        <h1>{t.connection.connecting}</h1>
        <div role="status">{reason !== undefined && <p>{t.reasons[reason]}</p>}</div>
      </main>
    );
  }
  if (reason === 'UNAUTHENTICATED' || reason === 'SESSION_NOT_FOUND') {
    return (
      <main className="narrow">
        <h1>{reason === 'UNAUTHENTICATED' ? t.connection.gone : t.connection.deleted}</h1>
        {reason === 'UNAUTHENTICATED' && (
          <p>{seat === 'participant' ? t.connection.goneHint : t.connection.revokedHint}</p>
        )}
        <div className="actions">
          <Button className="filled" onClick={() => forgetSeat(code, seat)}>
            {seat === 'participant' ? t.connection.joinAgain : t.pair.heading}
          </Button>
          <Link to={Router.home()}>{t.toHome}</Link>
        </div>
      </main>
    );
  }
  return (
    <main className="narrow">
      <h1>{t.connection.failed}</h1>
      <p>{reason === undefined ? t.unexpected : t.reasons[reason]}</p>
      <Button className="filled" onClick={reconnect}>
        {t.tryAgain}
      </Button>
    </main>
  );
}
