import type { SessionSummary } from '@classroom/client';
import { Link } from '@swan-io/chicane';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { Button } from '../components/Button.tsx';
import { Confirm } from '../components/Confirm.tsx';
import { Failure } from '../components/Failure.tsx';
import { useNow } from '../hooks/use-now.ts';
import { Router } from '../router.ts';
import { useLive, useSession } from '../session.tsx';
import { t } from '../texts/index.ts';

const MINUTE_MS = 60_000;

interface CockpitHeaderProps {
  session: SessionSummary;
  isHost: boolean;
}

export function CockpitHeader({ session, isHost }: CockpitHeaderProps) {
  const { participants } = useLive();
  const { status, title, expiresAt } = session;
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <header className="bar">
      <Link to={Router.home()} className="brand" aria-label={t.toHome}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
      </Link>
      <div className="title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p role="status">
          <span className={`badge ${status}`}>{t.status[status]}</span>
          {status !== 'ended' && (
            <>
              {' '}
              {t.cockpit.present(participants)} · <TimeLeft until={expiresAt} />
            </>
          )}
        </p>
      </div>
      {isHost && status !== 'ended' && (
        <Lifecycle status={status} onChanged={() => heading.current?.focus()} />
      )}
    </header>
  );
}

function TimeLeft({ until }: { until: string }) {
  const minutes = Math.max(0, Math.floor((Date.parse(until) - useNow()) / MINUTE_MS));
  return t.cockpit.timeLeft(Math.floor(minutes / 60), minutes % 60);
}

function dayAndTime(time: string): string {
  return new Date(time).toLocaleString(t.language, {
    weekday: 'long',
    hour: 'numeric',
    minute: '2-digit',
  });
}

interface LifecycleProps {
  status: SessionSummary['status'];
  /** The button that was used is gone: the focus goes to the new status. */
  onChanged: () => void;
}

function Lifecycle({ status, onChanged }: LifecycleProps) {
  const { code, trpc } = useSession();
  const start = useMutation(trpc.sessions.start.mutationOptions({ onSuccess: onChanged }));
  const extend = useMutation(trpc.sessions.extend.mutationOptions());
  const end = useMutation(trpc.sessions.end.mutationOptions({ onSuccess: onChanged }));
  return (
    <div className="actions">
      <Failure error={start.error ?? extend.error ?? end.error} />
      <p role="status">
        {extend.isSuccess && t.cockpit.openUntil(dayAndTime(extend.data.expiresAt))}
      </p>
      <Button isBusy={extend.isPending} onClick={() => extend.mutate({ code })}>
        {t.cockpit.extend}
      </Button>
      {status === 'draft' && (
        <Button className="filled" isBusy={start.isPending} onClick={() => start.mutate({ code })}>
          {t.cockpit.start}
        </Button>
      )}
      <Confirm
        label={t.cockpit.end}
        question={t.cockpit.endAsk}
        confirmLabel={t.cockpit.endYes}
        isBusy={end.isPending}
        onConfirm={() => end.mutate({ code })}
      />
    </div>
  );
}
