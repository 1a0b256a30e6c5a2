export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'gif';

/** The format by the file's first bytes, whatever its name or declared type; null for anything we do not read. */
export function sniffFormat(bytes: Uint8Array): PictureFormat | null {
  const starts = (...magic: number[]): boolean => magic.every((b, i) => bytes[i] === b);
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (starts(0x47, 0x49, 0x46, 0x38)) return 'gif';
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'webp';
  return null;
}
