import { useCallback, useSyncExternalStore } from 'react';

const PREFIX = 'classroom:';
const listeners = new Set<() => void>();
/** Holds values that the browser refuses to store, for example in a private window. */
const memory = new Map<string, string | null>();

export function read(key: string): string | null {
  const kept = memory.get(key);
  if (kept !== undefined) return kept;
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Stores a value, or removes it if it is null, and tells all other tabs. */
export function write(key: string, value: string | null): void {
  memory.delete(key);
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    memory.set(key, value);
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** A stored value as state of a component. */
export function useStored(key: string): [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(subscribe, () => read(key));
  const set = useCallback((next: string | null) => write(key, next), [key]);
  return [value, set];
}

export const HOST_KEY = 'host-key';

/** A browser can hold several tokens of one session: a teacher tries the students' page too. */
export type Seat = 'participant' | 'host' | 'viewer';

export function tokenKey(code: string, seat: Seat): string {
  return `${code}:${seat}-token`;
}

/** Removes a seat's token, and everything that was stored with it. */
export function forgetSeat(code: string, seat: Seat): void {
  write(tokenKey(code, seat), null);
  if (seat === 'participant')
    for (const name of ['draft', 'unsent']) write(`${code}:${name}`, null);
  if (seat === 'host') write(`${code}:muted`, null);
}
