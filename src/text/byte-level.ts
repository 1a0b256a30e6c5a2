/**
 * The alphabet of byte-level BPE: each of the 256 bytes stands as one visible character, so that a
 * vocabulary of strings can hold any bytes. Printable Latin-1 bytes stand for themselves; the 68 others take
 * the characters from U+0100 on, in byte order (the convention of GPT-2, kept by every byte-level
 * `tokenizer.json`).
 */
const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

let next = 0x100;

/** Character of each byte, by byte value. */
export const BYTE_TO_CHAR: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : next++),
);

/** Byte of each character of the alphabet. */
export const CHAR_TO_BYTE: ReadonlyMap<string, number> = new Map(BYTE_TO_CHAR.map((char, byte) => [char, byte]));
