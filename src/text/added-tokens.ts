import type { AddedToken } from './tokenizer-json.ts';

/** A stretch of text to encode. Only in trusted text do the strings of special tokens mean special tokens. */
export interface Segment {
  text: string;
  trusted: boolean;
}

/** An added token found in a text, or the text between two of them. */
export type Section = { token: AddedToken } | { text: string };

/**
 * Finds added tokens (special tokens, mostly) in text of mixed trust.
 *
 * A match must lie wholly inside trusted text: a special token's string in a user's text, or one that comes about
 * where a user's text meets the markup, stays text. Tokens of nothing but white space carry no authority and
 * match anywhere. Leftmost match first, the longest of those; names are matched as they are written, before any
 * normaliser.
 */
export class AddedTokenFinder {
  readonly #byFirstUnit = new Map<string, AddedToken[]>();

  constructor(tokens: Iterable<AddedToken>) {
    for (const token of tokens) {
      const first = token.content[0];
      const group = this.#byFirstUnit.get(first);
      if (group === undefined) this.#byFirstUnit.set(first, [token]);
      else group.push(token);
    }
    for (const group of this.#byFirstUnit.values()) group.sort((a, b) => b.content.length - a.content.length);
  }

  /** Cuts the segments, taken as one text, into added tokens and the (never empty) texts between them. */
  split(segments: readonly Segment[]): Section[] {
    const text = segments.map((segment) => segment.text).join('');
    const trustedUntil = trustEnds(segments, text.length);
    const sections: Section[] = [];
    let start = 0;
    let stripNext = false;
    const pushText = (end: number, strip: boolean): void => {
      let piece = text.slice(start, end);
      if (stripNext) piece = piece.trimStart();
      if (strip) piece = piece.trimEnd();
      if (piece !== '') sections.push({ text: piece });
    };
    for (let i = 0; i < text.length; ) {
      const token = this.#byFirstUnit
        .get(text[i])
        ?.find(
          ({ content }) => text.startsWith(content, i) && (isBlank(content) || i + content.length <= trustedUntil[i]),
        );
      if (token === undefined) {
        i++;
        continue;
      }
      pushText(i, token.lstrip);
      sections.push({ token });
      i += token.content.length;
      start = i;
      stripNext = token.rstrip;
    }
    pushText(text.length, false);
    return sections;
  }
}

/** Whether a token's name is white space alone. */
export const isBlank = (content: string): boolean => /^\s+$/u.test(content);

/** For each position, where the trusted stretch it lies in ends (0 in text that is not trusted). */
function trustEnds(segments: readonly Segment[], length: number): Int32Array {
  const ends = new Int32Array(length);
  let stop = length;
  let reach = 0;
  for (const { text, trusted } of segments.toReversed()) {
    const begin = stop - text.length;
    if (text === '') continue;
    if (!trusted) reach = 0;
    else if (reach === 0) reach = stop;
    if (trusted) ends.fill(reach, begin, stop);
    stop = begin;
  }
  return ends;
}
