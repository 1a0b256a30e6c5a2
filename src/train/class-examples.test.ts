import { describe, expect, it } from 'vitest';
import { halvesToFloats } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import { ClassExamples } from './class-examples.ts';

describe('made-up classifier outputs', () => {
  const [classes, width] = [40, 8];
  const random = new Random('rows');
  const rows = Float32Array.from({ length: classes * width }, () => random.normal());
  // Class 1 is nearly class 0; class 2 is its opposite.
  for (let i = 0; i < width; i++) {
    rows[width + i] = rows[i] * 3 + 0.01 * random.normal();
    rows[2 * width + i] = -rows[i];
  }
  const examples = new ClassExamples(rows, classes);
  const draw = (target: number, seed: string): Float32Array => {
    const out = new Uint16Array(classes);
    examples.fill(target, new Random(seed), out);
    return halvesToFloats(out);
  };

  it('are probabilities of which the class has a seventh to nearly all', () => {
    const shares = new Set<number>();
    let small = 0;
    for (let i = 0; i < 300; i++) {
      const target = i % classes;
      const p = draw(target, String(i));
      expect(p.every((x) => x >= 0 && x <= 1)).toBe(true);
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 1);
      expect(p[target]).toBeGreaterThan(0.13);
      expect(p[target]).toBeLessThan(0.99);
      shares.add(Math.round(p[target] * 10));
      small += Number(p[target] < 0.56);
    }
    expect(shares.size).toBeGreaterThan(6);
    expect(small / 300).toBeGreaterThan(0.4);
    expect(small / 300).toBeLessThan(0.6);
  });

  it('give the rest to like classes first', () => {
    const sum = new Float64Array(classes);
    for (let i = 0; i < 200; i++)
      draw(0, `like ${i}`).forEach((x, c) => {
        sum[c] += x;
      });
    for (let c = 2; c < classes; c++) expect(sum[1]).toBeGreaterThan(sum[c]);
    expect(sum[2]).toBeLessThan(sum[1] / 10);
  });

  it('are the same for the same seed', () => {
    expect(draw(5, 'a')).toEqual(draw(5, 'a'));
    expect(draw(5, 'a')).not.toEqual(draw(5, 'b'));
  });
});
