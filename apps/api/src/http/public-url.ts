import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

export const ALL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Finds the URL that other devices can open: the configured one, or that of this machine in its network
 * when the server listens on all addresses. Empty when only this machine can open it.
 */
export function publicUrlOf(
  configured: string | undefined,
  listening: readonly (AddressInfo | string)[],
): string {
  if (configured !== undefined) return configured;
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
