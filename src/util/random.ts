/**
 * A small seeded generator (xoshiro128**, Blackman & Vigna, public domain algorithm): same seed, same
 * numbers, on every machine. Not for secrets.
 */
export class Random {
  private readonly s = new Uint32Array(4);

  constructor(seed: number | string) {
    let h = typeof seed === 'number' ? mix(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0) : hashText(seed);
    for (let i = 0; i < 4; i++) {
      h = (h + 0x9e3779b9) >>> 0;
      this.s[i] = scramble(h);
    }
    if (!this.s.some((v) => v !== 0)) this.s[0] = 1;
  }

  /** An independent generator for a named part of the work, so that adding draws in one part moves no other. */
  fork(label: number | string): Random {
    return new Random(`${this.s.join(',')}/${label}`);
  }

  /** 32 random bits. */
  bits(): number {
    const s = this.s;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1). */
  float(): number {
    return this.bits() / 2 ** 32;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** Uniform integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.float() < p;
  }

  /** Standard normal. */
  normal(): number {
    const u = 1 - this.float();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.float());
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)];
  }

  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[] {
    const out = items.slice();
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  /** The generator's whole state, for exact resumption. */
  state(): number[] {
    return [...this.s];
  }

  static fromState(state: readonly number[]): Random {
    const r = new Random(0);
    r.s.set(state);
    return r;
  }
}

function scramble(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function mix(a: number, b: number): number {
  return scramble((a ^ Math.imul(b, 0x9e3779b9)) >>> 0);
}

function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return scramble(h);
}
