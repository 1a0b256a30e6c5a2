/** A pair of neighbouring tokens, how often it occurs, and the words it occurs in. */
export interface MergeCandidate {
  left: number;
  right: number;
  count: number;
  /** Indices of words that may contain the pair (all that do are among them). */
  words: readonly number[];
}

interface Pair {
  readonly key: number;
  /** Occurrences now, weighted by how often each word occurs. */
  count: number;
  words: number[];
}

/** A pair's place in the heap, made for the count it had then. */
interface Entry {
  readonly pair: Pair;
  readonly count: number;
}

const isBefore = (a: Entry, b: Entry): boolean => a.count > b.count || (a.count === b.count && a.pair.key < b.pair.key);

/**
 * The pairs of neighbouring tokens in a changing set of words, most frequent first (equally frequent ones by
 * left id, then right id). Counts are exact after each change; the heap is put right only where it shows: a pair
 * that became rarer keeps its old, too high place until it comes up.
 */
export class MergeQueue {
  readonly #width: number;
  readonly #pairs = new Map<number, Pair>();
  readonly #heap: Entry[] = [];
  /** Pairs that occur in more places since the last `take`: they may belong higher than they stand. */
  readonly #risen = new Set<Pair>();

  /** @param idLimit more than any token id that will occur */
  constructor(idLimit: number) {
    this.#width = idLimit;
  }

  /** Counts the pairs of word number `word`, which occurs `count` times. */
  add(symbols: readonly number[], count: number, word: number): void {
    for (let i = 1; i < symbols.length; i++) {
      const key = symbols[i - 1] * this.#width + symbols[i];
      let pair = this.#pairs.get(key);
      if (pair === undefined) {
        pair = { key, count: 0, words: [] };
        this.#pairs.set(key, pair);
      }
      pair.count += count;
      if (pair.words[pair.words.length - 1] !== word) pair.words.push(word);
      this.#risen.add(pair);
    }
  }

  /** Takes back what `add` counted for these symbols. */
  remove(symbols: readonly number[], count: number): void {
    for (let i = 1; i < symbols.length; i++) {
      const pair = this.#pairs.get(symbols[i - 1] * this.#width + symbols[i]);
      if (pair !== undefined) pair.count -= count;
    }
  }

  /** Takes the most frequent pair out; undefined when there is none. */
  take(): MergeCandidate | undefined {
    for (const pair of this.#risen) this.#push({ pair, count: pair.count });
    this.#risen.clear();
    for (let top = this.#pop(); top !== undefined; top = this.#pop()) {
      const { pair, count } = top;
      // Taken already, through another entry.
      if (this.#pairs.get(pair.key) !== pair) continue;
      if (pair.count < count) {
        if (pair.count > 0) this.#push({ pair, count: pair.count });
        continue;
      }
      this.#pairs.delete(pair.key);
      const left = Math.floor(pair.key / this.#width);
      return { left, right: pair.key - left * this.#width, count, words: pair.words };
    }
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
