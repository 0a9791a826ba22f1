import type { SessionSummary } from '@classroom/client';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { asHost } from '../api.ts';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { Router } from '../router.ts';
import { read, tokenKey, write } from '../storage.ts';
import { t } from '../texts/index.ts';

/** The sessions of the host key. */
export default function HostSessions() {
  const sessions = useInfiniteQuery(
    asHost.trpc.hosts.sessions.infiniteQueryOptions(
      { limit: 10 },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  );
  const items = sessions.data?.pages.flatMap((page) => page.items);
  return (
    <section className="card">
      <h2>{t.home.sessions}</h2>
      <Failure error={sessions.error} special={{ UNAUTHENTICATED: t.home.unknownKey }} />
      {items?.length === 0 && <p className="none">{t.home.noSessions}</p>}
      <ul className="rows">
        {items?.map((session) => (
          <HostSession key={session.id} session={session} />
        ))}
      </ul>
      {sessions.hasNextPage && (
        <Button isBusy={sessions.isFetching} onClick={() => void sessions.fetchNextPage()}>
          {t.home.showMore}
        </Button>
      )}
    </section>
  );
}

function HostSession({ session: { code, title, status, createdAt } }: { session: SessionSummary }) {
  const enter = useMutation(
    asHost.trpc.hosts.enter.mutationOptions({
      onSuccess({ hostToken }) {
        write(tokenKey(code, 'host'), hostToken);
        Router.push('cockpit', { code });
      },
    }),
  );
  const open = () => {
    if (read(tokenKey(code, 'host')) === null) enter.mutate({ code });
    else Router.push('cockpit', { code });
  };
  return (
    <li>
      <Button className="row" isBusy={enter.isPending} onClick={open}>
        <strong>{title}</strong>
        <span className={`badge ${status}`}>{t.status[status]}</span>
        <span className="hint">
          {code} · {new Date(createdAt).toLocaleDateString(t.language)}
        </span>
      </Button>
      <Failure error={enter.error} />
    </li>
  );
}
