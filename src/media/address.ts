import { BlockList, isIP } from 'node:net';

/** Not public, or no machine of their own (IANA special-purpose registries). */
const V4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT; some clouds' metadata
  '127.0.0.0/8',
  '168.63.129.16/32', // Azure's host, from inside its machines
  '169.254.0.0/16', // link-local; most clouds' metadata
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4',
];

/** Of IPv6, only 2000::/3 is public; these lie inside it. */
const V6 = [
  '2001::/23', // Teredo, ORCHID, benchmarking
  '2001:db8::/32',
  '2002::/16', // 6to4: holds an IPv4 address
  '3fff::/20',
];

const refused = new BlockList();
for (const [list, family] of [
  [V4, 'ipv4'],
  [V6, 'ipv6'],
] as const)
  for (const subnet of list) {
    const [net, bits] = subnet.split('/');
    refused.addSubnet(net, Number(bits), family);
  }
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether an IP address is one of the public internet: not this machine, not a local network, not multicast, and no
 * IPv6 notation that holds an IPv4 address (mapped, 6to4, NAT64, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !refused.check(address, 'ipv4');
  return kind === 6 && globalUnicast.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}
