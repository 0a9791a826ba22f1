import ipaddr from 'ipaddr.js';

const HOST_SEGMENTS = 4;

/**
 * Under what an address counts: an IPv4 address for itself, an IPv6 address with its whole /64, for
 * that is the least that one customer of a provider gets (RFC 6177). IPv4 mapped into IPv6 is IPv4.
 *
 * @param ip as Fastify finds it. A proxy may have written anything: all that is no address is one.
 */
export function clientAddress(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const network = address.parts.slice(0, -HOST_SEGMENTS).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
