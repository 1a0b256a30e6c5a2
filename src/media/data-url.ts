import { LlavaMiniError } from '../errors.ts';

/** The bytes of a `data:` address (RFC 2397), whatever media type it names. @throws LlavaMiniError `bad-url` */
export function dataUrlBytes(address: string): Uint8Array {
  const comma = address.indexOf(',');
  if (comma < 0) throw bad('has no comma before its data');
  const body = address.slice(comma + 1);
  if (!/;\s*base64\s*$/i.test(address.slice(0, comma))) return percentDecoded(body);
  const text = body.includes('%') ? new TextDecoder().decode(percentDecoded(body)) : body;
  // Taken out first: a pattern that skips them may try every way to do so.
  const plain = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(plain)) throw bad('is not base64');
  return Uint8Array.from(Buffer.from(plain, 'base64'));
}

function percentDecoded(text: string): Uint8Array {
  const raw = new TextEncoder().encode(text);
  const out = new Uint8Array(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++, length++) {
    out[length] = raw[i];
    if (raw[i] !== 0x25) continue;
    const hex = String.fromCharCode(raw[i + 1], raw[i + 2]);
    if (!/^[0-9a-f]{2}$/i.test(hex)) throw bad('is badly escaped');
    out[length] = Number.parseInt(hex, 16);
    i += 2;
  }
  return out.slice(0, length);
}

const bad = (what: string): LlavaMiniError =>
  new LlavaMiniError('bad-url', `the data: address ${what}`, { hint: 'write data:image/png;base64, and then base64' });
