import ipaddr from 'ipaddr.js';

const SEGMENTS_OF_64 = 4;

/**
 * The key of a client address: IPv4 as it is, IPv6 by its /64, the smallest network of one customer
 * (RFC 6177), and IPv4-mapped IPv6 as IPv4.
 *
 * @param ip Fastify's `request.ip`; all invalid addresses share one key
 */
export function clientAddress(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const network = address.parts.slice(0, SEGMENTS_OF_64).map(toHex);
  return `${network.join(':')}::/64`;
}

/**
 * The networks in which a wrong code counts, the smallest first: the address itself and, for IPv6, the /56
 * and the /48, which providers delegate to one customer.
 *
 * @param address as `clientAddress` returns it
 */
export function networksOf(address: string): readonly string[] {
  const [a, b, c, d] = address.split('::', 1)[0]?.split(':') ?? [];
  if (d === undefined) return [address];
  const site = toHex(Number.parseInt(d, 16) & 0xff_00);
  return [address, `${a}:${b}:${c}:${site}::/56`, `${a}:${b}:${c}::/48`];
}

function toHex(segment: number): string {
  return segment.toString(16);
}
