import { createRouter } from '@swan-io/chicane';

export const Router = createRouter({
  home: '/',
  student: '/j/:code',
  cockpit: '/host/:code',
  wall: '/wall/:code',
  pair: '/pair/:code',
});

/** A typed join code as the server writes it. */
export function normalCode(code: string): string {
  return code.replace(/[\s\p{Dash_Punctuation}]/gu, '').toUpperCase();
}

/** The pairing code of a scanned address, which a browser never sends; removed from the address bar. */
export const scannedPairingCode = takeFragment();

function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment !== '') history.replaceState(history.state, '', location.pathname);
  return fragment;
}
