import { reasonOf } from '@classroom/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useSession } from '../session.tsx';

const REFETCH_MS = 60_000;

/** Asks whether the session is still there: every minute, and when somebody comes back to the page. */
export default function DeletionCheck() {
  const { code, trpc, setDeleted } = useSession();
  const { error } = useQuery(
    trpc.sessions.me.queryOptions({ code }, { gcTime: 0, refetchInterval: REFETCH_MS }),
  );
  const isDeleted = reasonOf(error) === 'UNAUTHENTICATED';
  useEffect(() => {
    if (isDeleted) setDeleted();
  }, [isDeleted, setDeleted]);
  return null;
}
