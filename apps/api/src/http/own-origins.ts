import { type AddressInfo, BlockList } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Listening there is listening on every address of the machine. */
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * The origins of pages that this server itself serves, as far as it knows them for sure: the
 * addresses it listens on, and `localhost` for loopback, which browsers resolve by themselves. No other
 * name is among them, and the header Host is not asked: a page of any name can have that name lead
 * here and send both. Other names, and those of a proxy, are for `CORS_ORIGINS`.
 */
export function ownOrigins(addresses: readonly (AddressInfo | string)[]): ReadonlySet<string> {
  // What is no address of the network is a path of a Unix socket, where no page comes from.
  return new Set(addresses.flatMap((at) => (typeof at === 'string' ? [] : originsOf(at))));
}

function originsOf({ address, family, port }: AddressInfo): string[] {
  const hosts = ANY_ADDRESS.has(address)
    ? ['127.0.0.1', '[::1]', 'localhost']
    : [family === 'IPv6' ? `[${address}]` : address];
  if (loopback.check(address, family === 'IPv6' ? 'ipv6' : 'ipv4')) hosts.push('localhost');
  return hosts.map((host) => new URL(`http://${host}:${port}`).origin);
}
