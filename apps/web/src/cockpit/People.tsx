import type { Participant } from '@classroom/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Button } from '../components/Button.tsx';
import { Failure } from '../components/Failure.tsx';
import { useLive, useSession } from '../session.tsx';
import { t } from '../texts/index.ts';

const REFETCH_MS = 30_000;

interface PeopleProps {
  isHost: boolean;
  isOpen: boolean;
}

export function People({ isHost, isOpen }: PeopleProps) {
  const { code, trpc } = useSession();
  const { participants } = useLive();
  const queryClient = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const people = useInfiniteQuery(
    trpc.sessions.participants.infiniteQueryOptions(
      { code, limit: 100 },
      {
        getNextPageParam: ({ nextCursor }) => nextCursor,
        refetchInterval: isOpen && REFETCH_MS,
      },
    ),
  );
  const refetchedAt = useRef(participants);
  useEffect(() => {
    if (refetchedAt.current === participants) return;
    // Somebody has come or gone.
    refetchedAt.current = participants;
    const filter = trpc.sessions.participants.pathFilter();
    void queryClient.invalidateQueries(filter, { cancelRefetch: false });
  }, [queryClient, trpc, participants]);
  const items = people.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <section className="card">
      <h2 ref={heading} tabIndex={-1}>
        {t.cockpit.people}
      </h2>
      <Failure error={people.error} />
      {people.isSuccess && items.length <= 1 && <p className="none">{t.cockpit.nobody}</p>}
      <ul className="rows scrolls">
        {items.map((person) => (
          <Person
            key={person.id}
            person={person}
            isHost={isHost}
            isOpen={isOpen}
            onRemoved={() => heading.current?.focus()}
          />
        ))}
      </ul>
      {people.hasNextPage && (
        <Button isBusy={people.isFetching} onClick={() => void people.fetchNextPage()}>
          {t.home.showMore}
        </Button>
      )}
    </section>
  );
}

interface PersonProps extends PeopleProps {
  person: Participant;
  onRemoved: () => void;
}

function Person({ person, isHost, isOpen, onRemoved }: PersonProps) {
  const { id: participantId, displayName, role, blocked } = person;
  const { code, trpc } = useSession();
  const queryClient = useQueryClient();
  const refetch = () => queryClient.invalidateQueries(trpc.sessions.participants.pathFilter());
  const remove = useMutation(
    trpc.sessions.removeParticipant.mutationOptions({
      async onSuccess() {
        onRemoved();
        await refetch();
      },
    }),
  );
  const unblock = useMutation(trpc.sessions.unblock.mutationOptions({ onSuccess: refetch }));
  const nameId = `person-${participantId}`;
  return (
    <li className="person">
      <span id={nameId}>
        <bdi>{displayName}</bdi>{' '}
        {role !== 'participant' && <span className="badge">{t.cockpit.deviceRoles[role]}</span>}
        {blocked && <span className="badge waiting">{t.cockpit.blocked}</span>}
      </span>
      {isOpen && role === 'participant' && (
        <span className="actions">
          {blocked ? (
            isHost && (
              <Button
                className="small"
                aria-describedby={nameId}
                isBusy={unblock.isPending}
                onClick={() => unblock.mutate({ code, participantId })}
              >
                {t.cockpit.unblock}
              </Button>
            )
          ) : (
            <>
              <Button
                className="small"
                aria-describedby={nameId}
                isBusy={remove.isPending}
                onClick={() => remove.mutate({ code, participantId })}
              >
                {t.cockpit.remove}
              </Button>
              <Button
                className="small danger"
                aria-describedby={nameId}
                isBusy={remove.isPending}
                onClick={() => remove.mutate({ code, participantId, block: true })}
              >
                {t.cockpit.block}
              </Button>
            </>
          )}
        </span>
      )}
      <Failure error={remove.error ?? unblock.error} />
    </li>
  );
}
