import { LlavaMiniError } from '../errors.ts';
import { CHAR_TO_BYTE } from './byte-level.ts';
import type { TokenizerFile } from './tokenizer-json.ts';

/** How ids become text: the bytes of each token, put one after the other, read as UTF-8. */
export interface TokenBytes {
  /** UTF-8 bytes of a token; they may hold a part of a character only. Ids without a token have none. */
  bytesOf(id: number): Uint8Array;
  /** Whether one space at the start of a text was put there by the encoder and is to be taken off. */
  readonly stripsLeadingSpace: boolean;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads a tokenizer's `decoder`: byte-level (GPT-2, Llama 3), or SentencePiece's words with `▁` for a space and
 * `<0xNN>` for single bytes (Llama 2, Vicuna).
 *
 * @param names token of each id, as `tokenizer.json` writes it
 * @param added ids of tokens that stand for themselves whatever the decoder
 * @throws LlavaMiniError `bad-model` for decoders of other kinds
 */
export function tokenBytes(
  decoder: TokenizerFile['decoder'],
  names: readonly (string | undefined)[],
  added: ReadonlySet<number>,
): TokenBytes {
  const steps = decoderSteps(decoder);
  const has = (type: string): boolean => steps.some((step) => step.type === type);
  const encoder = new TextEncoder();
  let decode: (name: string) => Uint8Array;
  let stripsLeadingSpace = false;
  if (has('ByteLevel')) {
    decode = (name) => {
      const bytes = Array.from(name, (char) => CHAR_TO_BYTE.get(char));
      // A name with other characters is no byte string, so it stands for itself.
      return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : encoder.encode(name);
    };
  } else if (has('ByteFallback') || has('Metaspace')) {
    const space = steps.find((step) => step.type === 'Metaspace')?.replacement ?? '▁';
    const fallback = has('ByteFallback');
    stripsLeadingSpace =
      has('Strip') || steps.some((step) => step.prepend_scheme !== 'never' && step.type === 'Metaspace');
    decode = (name) => {
      const byte = fallback ? /^<0x([0-9A-Fa-f]{2})>$/.exec(name) : null;
      return byte ? Uint8Array.of(Number.parseInt(byte[1], 16)) : encoder.encode(name.replaceAll(String(space), ' '));
    };
  } else
    throw new LlavaMiniError('bad-model', `tokenizer.json: decoder ${JSON.stringify(decoder.type)} is not known`, {
      hint: 'known are ByteLevel, and sequences with ByteFallback or Metaspace',
    });

  const cache = new Map<number, Uint8Array>();
  return {
    stripsLeadingSpace,
    bytesOf(id) {
      const name = names[id];
      if (name === undefined) return NOTHING;
      let bytes = cache.get(id);
      if (bytes === undefined) {
        bytes = added.has(id) ? encoder.encode(name) : decode(name);
        cache.set(id, bytes);
      }
      return bytes;
    },
  };
}

type Step = { type?: unknown; replacement?: unknown; prepend_scheme?: unknown };

function decoderSteps(decoder: TokenizerFile['decoder']): Step[] {
  return decoder.type === 'Sequence' && Array.isArray(decoder.decoders)
    ? decoder.decoders.filter((step): step is Step => typeof step === 'object' && step !== null)
    : [decoder];
}
