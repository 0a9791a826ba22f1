import { liveSession, type LiveSession, type LiveSnapshot } from '@classroom/client';
import { createContext, type ReactNode, use, useMemo, useState, useSyncExternalStore } from 'react';
import { type Api, createApi } from './api.ts';
import type { Seat } from './storage.ts';

export interface Session extends Api {
  code: string;
  seat: Seat;
  token: string;
  live: LiveSession;
  /** Whether the session was deleted after its end. */
  isDeleted: boolean;
  setDeleted: () => void;
  /** Opens the live feed anew after it has failed. */
  reconnect: () => void;
}

const SessionContext = createContext<Session | null>(null);

interface SessionProviderProps {
  code: string;
  seat: Seat;
  token: string;
  children: ReactNode;
}

/** Give it a `key` with the token: another token is another client and another live session. */
export function SessionProvider({ code, seat, token, children }: SessionProviderProps) {
  const [api] = useState(() => createApi(token));
  const [live, setLive] = useState(() => liveSession(api.client, { code }));
  const [isDeleted, setIsDeleted] = useState(false);
  const session = useMemo(() => {
    const setDeleted = () => setIsDeleted(true);
    const reconnect = () => setLive(liveSession(api.client, { code }));
    return { ...api, code, seat, token, live, isDeleted, setDeleted, reconnect };
  }, [api, code, seat, token, live, isDeleted]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('useSession is called outside of a SessionProvider');
  return session;
}

/** The live state of the session. */
export function useLive(): LiveSnapshot {
  const { live } = useSession();
  return useSyncExternalStore(live.subscribe, live.getSnapshot);
}
