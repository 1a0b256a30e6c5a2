import { floatToHalf } from '../util/float16.ts';
import type { Random } from '../util/random.ts';

/**
 * Makes up what the tower's classifier might say of a photograph. The tower knows a thousand things in photographs,
 * and this project owns none; so that the language model learns to trust the classifier where it is sure, examples
 * pair probabilities made up around a class with the class's everyday name (design, section 8).
 */
export class ClassExamples {
  private readonly rows: Float32Array;
  private readonly classes: number;
  private readonly width: number;

  /** @param rows the classifier's weights, `[classes, width]`: similar classes have similar rows */
  constructor(rows: Float32Array, classes: number) {
    this.classes = classes;
    this.width = rows.length / classes;
    this.rows = Float32Array.from(rows);
    for (let c = 0; c < classes; c++) {
      const row = this.rows.subarray(c * this.width, (c + 1) * this.width);
      const length = Math.hypot(...row);
      for (let i = 0; i < row.length; i++) row[i] /= length;
    }
  }

  /**
   * Probabilities of a photograph of class `target`, in half precision: its share is drawn between a fifth and nearly
   * all, its neighbours by the similarity of their rows get most of the rest, and some is spread over everything.
   *
   * @param out `[classes]`
   */
  fill(target: number, random: Random, out: Uint16Array): void {
    const share = 0.2 + 0.78 * Math.sqrt(random.float());
    const sharpness = random.uniform(8, 18);
    const spread = random.uniform(0.5, 1.5);
    const mine = this.rows.subarray(target * this.width, (target + 1) * this.width);
    const others = new Float64Array(this.classes);
    let sum = 0;
    for (let c = 0; c < this.classes; c++) {
      if (c === target) continue;
      let similarity = 0;
      const at = c * this.width;
      for (let i = 0; i < this.width; i++) similarity += mine[i] * this.rows[at + i];
      others[c] = Math.exp(sharpness * similarity + spread * random.normal());
      sum += others[c];
    }
    const noise = (1 - share) * random.uniform(0.05, 0.4);
    for (let c = 0; c < this.classes; c++)
      out[c] = floatToHalf(c === target ? share : ((1 - share - noise) * others[c]) / sum + noise / this.classes);
  }
}
