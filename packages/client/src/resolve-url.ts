import { fieldOf } from './errors.ts';

const EXAMPLE = 'http://127.0.0.1:3000/trpc';

/**
 * Returns an absolute URL of the API. Uses no parser, because that of React Native is incomplete.
 *
 * @throws Error that names what is wrong with the URL
 */
export function resolveUrl(url: unknown): string {
  if (typeof url !== 'string') throw new Error(`The url is ${typeof url}; use one like ${EXAMPLE}`);
  const [path = ''] = url.split(/[?#]/);
  if (!/\/trpc\/?$/.test(path)) {
    throw new Error(`The url "${url}" must end in /trpc, as ${EXAMPLE} does`);
  }
  if (/^https?:\/\/[^/]/i.test(url)) return url;
  const page = fieldOf(Reflect.get(globalThis, 'location'), 'href');
  if (/^[a-z][a-z\d+.-]*:/i.test(url) && !url.startsWith('/')) {
    throw new Error(`The url "${url}" must start with http:// or https://, as ${EXAMPLE} does`);
  }
  if (typeof page !== 'string') {
    throw new Error(
      `The url "${url}" is relative, which works in browsers only; use one like ${EXAMPLE}`,
    );
  }
  return new URL(url, page).href;
}
