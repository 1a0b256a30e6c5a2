import { LlavaMiniError } from '../errors.ts';

/**
 * Ends a stream of text at the first stop string, however the text is cut into pieces, and never lets a part of
 * that stop string out: text that may yet become one is held back. The stop string that is complete first wins
 * (of two that end at the same place, the longer).
 */
export class StopMatcher {
  readonly #stops: readonly string[];
  #held = '';
  #match: string | undefined;

  /** @throws LlavaMiniError `bad-argument` for an empty stop string */
  constructor(stops: Iterable<string>) {
    this.#stops = [...stops];
    if (this.#stops.includes('')) throw new LlavaMiniError('bad-argument', 'a stop string must not be empty');
  }

  /** The stop string that was met, or undefined as long as none was. */
  get match(): string | undefined {
    return this.#match;
  }

  /** Takes the next piece of text; returns what may be shown. Nothing more comes out after a stop string. */
  push(text: string): string {
    if (this.#match !== undefined) return '';
    const whole = this.#held + text;
    let start = -1;
    let end = Number.POSITIVE_INFINITY;
    for (const stop of this.#stops) {
      const index = whole.indexOf(stop);
      if (index < 0) continue;
      const stopEnd = index + stop.length;
      if (stopEnd < end || (stopEnd === end && index < start)) {
        start = index;
        end = stopEnd;
        this.#match = stop;
      }
    }
    if (start >= 0) {
      this.#held = '';
      return whole.slice(0, start);
    }
    const kept = this.#undecided(whole);
    this.#held = whole.slice(whole.length - kept);
    return whole.slice(0, whole.length - kept);
  }

  /** No more text: what was held back is no stop string after all. */
  end(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** Length of the longest end of `text` that begins a stop string. */
  #undecided(text: string): number {
    let longest = 0;
    for (const stop of this.#stops)
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
        if (text.endsWith(stop.slice(0, length))) {
          longest = length;
          break;
        }
    return longest;
  }
}
