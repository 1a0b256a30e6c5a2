import { isIP } from 'node:net';

/**
 * Whether an IP address is a public one: not this machine, not the local network, not a way of writing those in
 * another notation (IPv4-mapped, 6to4, NAT64, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return isPublicV4(address.split('.').map(Number));
  if (kind !== 6) return false;
  const groups = expandV6(address);
  if (!groups) return false;
  const [a, b] = groups;
  const v4 = (hi: number, lo: number): boolean => isPublicV4([hi >> 8, hi & 255, lo >> 8, lo & 255]);
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) return v4(groups[6], groups[7]);
  if (a === 0x64 && b === 0xff9b) return false; // NAT64
  if (a === 0x2002) return false; // 6to4
  if (a === 0x2001 && (b === 0 || b === 0xdb8 || (b & 0xfff0) === 0x20 || (b & 0xfff0) === 0x10)) return false;
  return (a & 0xe000) === 0x2000; // global unicast and nothing else
}

function isPublicV4([a, b, c]: number[]): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 100 && b >= 64 && b < 128) return false;
  if (a === 169 && b === 254) return false;
  if (a === 172 && b >= 16 && b < 32) return false;
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)) || (b === 88 && c === 99))) return false;
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false;
  return !(a === 203 && b === 0 && c === 113);
}

function expandV6(address: string): number[] | null {
  let text = address.split('%')[0];
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted) {
    const [p, q, r, s] = dotted.slice(2).map(Number);
    text = `${dotted[1]}${((p << 8) | q).toString(16)}:${((r << 8) | s).toString(16)}`;
  }
  const [head, tail] = text.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const zeros = text.includes('::') ? 8 - left.length - right.length : 0;
  const groups = [...left, ...Array(Math.max(0, zeros)).fill('0'), ...right].map((g) => Number.parseInt(g, 16));
  return groups.length === 8 && groups.every((g) => g >= 0 && g <= 0xffff) ? groups : null;
}
