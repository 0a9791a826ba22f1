import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

export const ALL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Finds the URL of this machine in its network, which other devices can open when the server listens on
 * all addresses.
 *
 * @returns an empty string when no other device can open the server
 */
export function networkUrl(listening: readonly (AddressInfo | string)[]): string {
  const bound = listening.find(
    (each) => typeof each !== 'string' && ALL_ADDRESSES.has(each.address),
  );
  const address = firstExternalIpv4();
  if (bound === undefined || typeof bound === 'string' || address === undefined) return '';
  return `http://${address}:${bound.port}`;
}

function firstExternalIpv4(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((found = []) => found)
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
