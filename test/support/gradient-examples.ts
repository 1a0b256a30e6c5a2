/** @file Random examples for checks of gradients. */
import fc from 'fast-check';
import { test } from 'vitest';
import { Random } from '../../src/util/random.ts';
import { checkGradients, type GradientCheck, type Operand, size } from './check-gradients.ts';

/** Random examples of each function; `GRADIENT_RUNS` asks for more. */
export const RUNS = Number(process.env.GRADIENT_RUNS ?? 8);
const SEED = Number(process.env.GRADIENT_SEED ?? 20);

/** Draws the shapes and numbers of one example. */
export class Draw extends Random {
  /** 1 … n */
  upTo(n: number): number {
    return 1 + this.int(n);
  }

  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  shape(minRank: number, maxRank: number, side = 3): number[] {
    return Array.from({ length: this.between(minRank, maxRank) }, () => this.upTo(side));
  }

  floats(shape: readonly number[], low = -1.5, high = 1.5): Operand {
    return { kind: 'float', shape, data: Float32Array.from({ length: size(shape) }, () => this.uniform(low, high)) };
  }

  /** Numbers at least 0.5 away from zero, of either sign. */
  nonZero(shape: readonly number[]): Operand {
    const data = Float32Array.from({ length: size(shape) }, () => this.uniform(0.5, 2) * (this.chance(0.5) ? 1 : -1));
    return { kind: 'float', shape, data };
  }

  ints(shape: readonly number[], below: number): Operand {
    return { kind: 'int32', shape, data: Int32Array.from({ length: size(shape) }, () => this.int(below)) };
  }

  longs(shape: readonly number[], below: number): Operand {
    return { kind: 'int64', shape, data: BigInt64Array.from({ length: size(shape) }, () => BigInt(this.int(below))) };
  }

  bools(shape: readonly number[]): Operand {
    return { kind: 'bool', shape, data: Uint8Array.from({ length: size(shape) }, () => this.int(2)) };
  }

  /** A shape that broadcasts to `full`: leading dimensions dropped, others made 1. */
  narrowed(full: readonly number[]): number[] {
    return full.slice(this.int(full.length + 1)).map((d) => (this.chance(0.35) ? 1 : d));
  }

  /** Shapes that broadcast with each other. */
  broadcasting(count: number, maxRank = 4): number[][] {
    const full = this.shape(0, maxRank);
    return Array.from({ length: count }, () => (this.chance(0.3) ? full : this.narrowed(full)));
  }

  axes(rank: number): number[] {
    const some = this.shuffle([...Array(rank).keys()]).slice(0, this.upTo(rank));
    return some.map((a) => (this.chance(0.4) ? a - rank : a));
  }
}

/** Checks one function on random examples. */
export function holds(name: string, example: (draw: Draw) => GradientCheck, runs = RUNS): void {
  test(name, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0x7fffffff), async (seed) => {
        await checkGradients({ seed, ...example(new Draw(seed)) });
      }),
      { numRuns: runs, seed: SEED, endOnFailure: true },
    );
  });
}

/** Tables for `rotary`, `[positions, half]` each. */
export function angles(positions: number, half: number): { cos: Float32Array; sin: Float32Array } {
  const at = (f: (x: number) => number) =>
    Float32Array.from({ length: positions * half }, (_, i) => f(Math.floor(i / half) * 3 ** -(i % half)));
  return { cos: at(Math.cos), sin: at(Math.sin) };
}
